import { CHART_STYLES } from "../render/chart/chartStyles.ts";

export const STYLES = `${CHART_STYLES}
.vt-latent { display: grid; gap: 18px; grid-template-columns: minmax(0, 1fr) 270px; align-items: start; }
.vt[data-vt-width="narrow"] .vt-latent { grid-template-columns: minmax(0, 1fr); }
.vt-place, .vt-place > span { display: inline-flex; flex-wrap: wrap; gap: 6px 16px; }
.vt-latent-matrix { overflow-x: auto; padding: 3px; }
.vt-latent-stage { position: relative; width: max-content; }
.vt-latent-stage canvas { cursor: crosshair; }
.vt-latent-overlay { position: absolute; inset: 0 auto auto 0; pointer-events: none; }
.vt-label { fill: var(--vt-muted); font: 11px var(--vt-mono); }
.vt-label.vt-lit { fill: var(--vt-selection); font-weight: 600; }
.vt-cross { fill: none; stroke: var(--vt-selection); stroke-width: 1; opacity: 0.75; }
.vt-cell { fill: none; stroke: var(--vt-selection); stroke-width: 2; }
.vt-rotary { stroke: var(--vt-muted); fill: none; }
.vt-growth { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; margin: 0 0 10px; font-size: 12px; }
.vt-growth .vt-control-label { margin: 0; }
.vt-growth input { width: 220px; max-width: 100%; margin: 0; accent-color: var(--vt-data); }
.vt-growth-text { font-variant-numeric: tabular-nums; }
.vt-scale-key { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; margin: 6px 0 0; color: var(--vt-muted); font-size: 12px; }
.vt-scale-key span:last-child { margin-left: 8px; }
.vt-scale-key canvas { border: 1px solid var(--vt-faint); border-radius: 2px; }
.vt-latent-readout { min-width: 0; font-size: 12px; }
.vt h4 { margin: 0 0 6px; font: 600 13px/1.4 var(--vt-font); overflow-wrap: anywhere; color: var(--vt-ink); }
.vt-latent-readout .vt-lit { color: var(--vt-selection); font-family: var(--vt-mono); }
.vt .vt-latent-readout dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 2px 10px; margin: 0; }
.vt .vt-latent-readout dt { float: none; width: auto; margin: 0; padding: 0; color: var(--vt-muted); font-weight: 400; }
.vt .vt-latent-readout dd { float: none; width: auto; margin: 0; padding: 0; min-width: 0; font-family: var(--vt-mono); overflow-wrap: anywhere; }
.vt-latent-bytes { margin-top: 16px; border-top: 1px solid var(--vt-faint); padding-top: 12px; }
`;
