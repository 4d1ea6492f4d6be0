import { CHART_STYLES } from "../render/chart/chartStyles.ts";

export const STYLES = `${CHART_STYLES}
.vt-sweep { display: grid; gap: 8px 18px; grid-template-columns: minmax(0, 1fr) 290px; align-items: start; }
.vt[data-vt-width="narrow"] .vt-sweep { grid-template-columns: minmax(0, 1fr); }
.vt-sweep > div { min-width: 0; }
.vt-sweep-summary { margin: 0 0 10px; padding: 6px 10px; border-left: 3px solid var(--vt-data); background: var(--vt-mask); }
.vt-sweep-matrix { overflow-x: auto; padding: 3px; }
.vt-sweep-stage { position: relative; width: max-content; }
.vt-sweep-stage canvas { cursor: crosshair; }
.vt-sweep-overlay { position: absolute; inset: 0 auto auto 0; pointer-events: none; }
.vt-label { fill: var(--vt-muted); font: 11px var(--vt-mono); }
.vt-label.vt-lit { fill: var(--vt-selection); font-weight: 600; }
.vt-axis-name { fill: var(--vt-muted); font: italic 11px var(--vt-font); }
.vt-cross { fill: none; stroke: var(--vt-selection); stroke-width: 1; opacity: 0.75; }
.vt-cell { fill: none; stroke: var(--vt-selection); stroke-width: 2; }
.vt-pinned-cell { stroke-dasharray: 4 2; }
.vt-sweep-key { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; margin: 6px 0 0; color: var(--vt-muted); font-size: 12px; }
.vt-sweep-key canvas { border: 1px solid var(--vt-faint); border-radius: 2px; }
.vt-hatched { width: 16px; height: 14px; margin-left: 10px; border: 2px solid var(--vt-ink);
  background: repeating-linear-gradient(135deg, transparent 0 3px, var(--vt-ink) 3px 4px); }
.vt-sweep-readout { font-size: 12px; }
.vt h4 { margin: 0 0 6px; font: 600 13px/1.4 var(--vt-font); overflow-wrap: anywhere; color: var(--vt-ink); }
.vt .vt-sweep-readout dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 2px 10px; margin: 0 0 10px; }
.vt .vt-sweep-readout dt { float: none; width: auto; margin: 0; padding: 0; color: var(--vt-muted); font-weight: 400; }
.vt .vt-sweep-readout dd { float: none; width: auto; margin: 0; padding: 0; min-width: 0; font-family: var(--vt-mono); overflow-wrap: anywhere; }
`;
