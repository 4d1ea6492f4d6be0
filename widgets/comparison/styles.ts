import { STYLES as CELL_STYLES } from "../routing/styles.ts";
import { STYLES as TEXT_STYLES } from "../tokens/styles.ts";

export const STYLES = `${CELL_STYLES}${TEXT_STYLES}
.vt h4 { margin: 14px 0 6px; font: 600 13px/1.4 var(--vt-font); color: var(--vt-ink); }
.vt-map-column { min-width: 0; }
.vt-comparison-summary { margin: 0 0 8px; padding: 6px 10px; border-left: 3px solid var(--vt-data); background: var(--vt-mask); overflow-wrap: anywhere; }
.vt-text .vt-lacking { font-style: italic; }
.vt-text .vt-moved { text-decoration: underline wavy var(--vt-selection) 1.5px; text-underline-offset: 3px; }
.vt-key-about { margin: 0 0 6px; color: var(--vt-muted); font-size: 12px; }
.vt-problem:empty { display: none; }
`;
