import { GRID_STYLES } from "../precision/gridStyles.ts";
import { STYLES as TEXT_STYLES } from "../tokens/styles.ts";

export const STYLES = `${TEXT_STYLES}${GRID_STYLES}
.vt-features { display: grid; gap: 6px 18px; grid-template-columns: minmax(0, 1fr) 300px; align-items: start; }
.vt[data-vt-width="narrow"] .vt-features { grid-template-columns: minmax(0, 1fr); }
.vt-features > div { min-width: 0; }
.vt h4 { margin: 12px 0 6px; font: 600 13px/1.4 var(--vt-font); overflow-wrap: anywhere; color: var(--vt-ink); }
.vt-features-readout h4:first-child { margin-top: 0; }
.vt-scale-line { color: var(--vt-muted); font-size: 12px; margin: 4px 0 0; }
.vt .vt-token-table tr.vt-own th { color: var(--vt-selection); font-weight: 600; }
`;
