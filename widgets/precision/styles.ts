import { CHART_STYLES } from "../render/chart/chartStyles.ts";
import { STYLES as TEXT_STYLES } from "../tokens/styles.ts";
import { GRID_STYLES } from "./gridStyles.ts";

export const STYLES = `${CHART_STYLES}${TEXT_STYLES}${GRID_STYLES}
.vt-precision { display: grid; gap: 6px 18px; grid-template-columns: minmax(0, 1fr) 300px; align-items: start; }
.vt[data-vt-width="narrow"] .vt-precision { grid-template-columns: minmax(0, 1fr); }
.vt-precision > div { min-width: 0; }
.vt h4 { margin: 12px 0 6px; font: 600 13px/1.4 var(--vt-font); overflow-wrap: anywhere; color: var(--vt-ink); }
.vt-precision-summary { margin: 0 0 8px; padding: 6px 10px; border-left: 3px solid var(--vt-data); background: var(--vt-mask); }
.vt .vt-precision-readout dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 2px 10px; margin: 0; font-size: 12px; }
.vt .vt-precision-readout dt { float: none; width: auto; margin: 0; padding: 0; color: var(--vt-muted); font-weight: 400; }
.vt .vt-precision-readout dd { float: none; width: auto; margin: 0; padding: 0; min-width: 0; font-family: var(--vt-mono); overflow-wrap: anywhere; }
.vt-text .vt-moved { text-decoration: underline wavy var(--vt-selection) 1.5px; text-underline-offset: 3px; }
.vt-scale-line { color: var(--vt-muted); font-size: 12px; margin: 4px 0 0; }
`;
