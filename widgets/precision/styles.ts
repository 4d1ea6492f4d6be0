import { CHART_STYLES } from "../render/chart/chartStyles.ts";
import { STYLES as TEXT_STYLES } from "../tokens/styles.ts";

export const STYLES = `${CHART_STYLES}${TEXT_STYLES}
.vt-precision { display: grid; gap: 6px 18px; grid-template-columns: minmax(0, 1fr) 300px; align-items: start; }
.vt[data-vt-width="narrow"] .vt-precision { grid-template-columns: minmax(0, 1fr); }
.vt-precision > div { min-width: 0; }
.vt-grid { position: relative; overflow-x: auto; }
.vt-grid canvas { cursor: crosshair; }
.vt-grid-overlay { position: absolute; inset: 0 auto auto 0; pointer-events: none; }
.vt-label { fill: var(--vt-muted); font: 11px var(--vt-mono); }
.vt-label.vt-lit { fill: var(--vt-selection); font-weight: 600; }
.vt-cross { fill: none; stroke: var(--vt-selection); stroke-width: 1; opacity: 0.75; }
.vt-cell { fill: none; stroke: var(--vt-selection); stroke-width: 2; }
.vt h4 { margin: 12px 0 6px; font: 600 13px/1.4 var(--vt-font); overflow-wrap: anywhere; color: var(--vt-ink); }
.vt-precision-summary { margin: 0 0 8px; padding: 6px 10px; border-left: 3px solid var(--vt-data); background: var(--vt-mask); }
.vt .vt-precision-readout dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 2px 10px; margin: 0; font-size: 12px; }
.vt .vt-precision-readout dt { float: none; width: auto; margin: 0; padding: 0; color: var(--vt-muted); font-weight: 400; }
.vt .vt-precision-readout dd { float: none; width: auto; margin: 0; padding: 0; min-width: 0; font-family: var(--vt-mono); overflow-wrap: anywhere; }
.vt-text .vt-moved { text-decoration: underline wavy var(--vt-selection) 1.5px; text-underline-offset: 3px; }
.vt-scale-line { color: var(--vt-muted); font-size: 12px; margin: 4px 0 0; }
`;
