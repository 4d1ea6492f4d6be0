import { CHART_STYLES } from "../render/chart/chartStyles.ts";

export const STYLES = `${CHART_STYLES}
.vt-sparse { display: grid; gap: 18px; grid-template-columns: minmax(0, 800px) 300px; align-items: start; }
.vt[data-vt-width="narrow"] .vt-sparse { grid-template-columns: minmax(0, 1fr); }
.vt-sparse-matrix { overflow-x: auto; padding: 3px; }
.vt-sparse-stage { position: relative; width: max-content; }
.vt-sparse-stage canvas { cursor: crosshair; }
.vt-sparse-overlay { position: absolute; inset: 0 auto auto 0; pointer-events: none; }
.vt-label { fill: var(--vt-muted); font: 11px var(--vt-mono); }
.vt-label.vt-lit { fill: var(--vt-selection); font-weight: 600; }
.vt-cross { fill: none; stroke: var(--vt-selection); stroke-width: 1; opacity: 0.75; }
.vt-cell { fill: none; stroke: var(--vt-selection); stroke-width: 2; }
.vt-sparse-key { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; margin: 6px 0 0; color: var(--vt-muted); font-size: 12px; }
.vt-sparse-key canvas { border: 1px solid var(--vt-faint); border-radius: 2px; }
.vt-sparse-readout { min-width: 0; font-size: 12px; }
.vt h4 { margin: 0 0 6px; font: 600 13px/1.4 var(--vt-font); overflow-wrap: anywhere; color: var(--vt-ink); }
.vt-sparse-readout .vt-lit { color: var(--vt-selection); font-family: var(--vt-mono); }
.vt .vt-sparse-readout dl { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1.2fr); gap: 2px 10px; margin: 0 0 14px; }
.vt .vt-sparse-readout dt { float: none; width: auto; margin: 0; padding: 0; color: var(--vt-muted); font-weight: 400; }
.vt .vt-sparse-readout dd { float: none; width: auto; margin: 0; padding: 0; min-width: 0; font-family: var(--vt-mono); overflow-wrap: anywhere; }
.vt-sparse-lengths { margin-top: 16px; border-top: 1px solid var(--vt-faint); padding-top: 12px; }
`;
