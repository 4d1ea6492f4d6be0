import { STYLES as TEXT_STYLES } from "../tokens/styles.ts";

export const STYLES = `${TEXT_STYLES}
.vt-attribution { display: grid; gap: 6px 18px; grid-template-columns: minmax(0, 1fr) 300px; align-items: start; }
.vt[data-vt-width="narrow"] .vt-attribution { grid-template-columns: minmax(0, 1fr); }
.vt-attribution > div { min-width: 0; }
.vt-attribution h4 { margin: 0 0 4px; font: 600 13px/1.4 var(--vt-font); color: var(--vt-ink); overflow-wrap: anywhere; }
.vt-attribution-summary { margin: 0 0 8px; padding: 6px 10px; border-left: 3px solid var(--vt-data); background: var(--vt-mask); overflow-wrap: anywhere; }
.vt-bars { position: relative; max-height: 560px; overflow: auto; border: 1px solid var(--vt-faint); border-radius: 5px; padding: 2px 0; font-size: 12px; }
.vt-bar-row { display: grid; grid-template-columns: minmax(110px, 34%) minmax(60px, 1fr) 78px; gap: 0 8px; align-items: center; height: 22px; padding: 0 8px; cursor: pointer; }
.vt-has-sums .vt-bar-row { grid-template-columns: minmax(110px, 30%) minmax(60px, 1fr) 78px 78px; }
.vt-bar-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.vt-twist { display: inline-block; width: 14px; color: var(--vt-muted); }
.vt-bar-track { position: relative; height: 22px; }
.vt-bar-zero { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--vt-muted); }
.vt-bar-fill { position: absolute; top: 5px; height: 12px; }
.vt-bar-fill.vt-plus { background: var(--vt-plus); }
.vt-bar-fill.vt-minus { background: var(--vt-minus); }
.vt-bar-sum { position: absolute; top: 0; bottom: 0; width: 2px; margin-left: -1px; background: var(--vt-ink); }
.vt-bar-value, .vt-bar-running { text-align: right; font-family: var(--vt-mono); font-size: 11.5px; }
.vt-bar-running { color: var(--vt-muted); }
.vt-bar-logit { font-weight: 600; }
.vt-bar-rest .vt-bar-name, .vt-bar-remainder .vt-bar-name, .vt-bar-note .vt-bar-name { color: var(--vt-muted); font-style: italic; }
.vt-bar-row:hover, .vt-bar-row.vt-lit { background: var(--vt-selection-soft); }
.vt-bar-row.vt-pinned { box-shadow: 0 0 0 1px var(--vt-selection); }
.vt-bars:focus-visible .vt-bar-row.vt-chosen { outline: 2px solid var(--vt-selection); outline-offset: -2px; }
.vt-bars-head { display: flex; justify-content: space-between; gap: 12px; color: var(--vt-muted); font-size: 12px; margin: 0 0 4px; }
.vt-scale-line { color: var(--vt-muted); font-size: 12px; margin: 4px 0 0; }
.vt .vt-attribution-readout td { white-space: normal; overflow-wrap: anywhere; }
.vt-attribution-side .vt-text { max-height: 300px; }
`;
