import { CHART_STYLES } from "../render/chart/chartStyles.ts";

export const STYLES = `${CHART_STYLES}
.vt-drafts { display: grid; gap: 18px; grid-template-columns: minmax(0, 1fr) 300px; align-items: start; }
.vt-drafts-charts { display: grid; gap: 18px 28px; grid-template-columns: 360px minmax(0, 1fr); align-items: start; margin-top: 16px; }
.vt[data-vt-width="narrow"] .vt-drafts, .vt[data-vt-width="narrow"] .vt-drafts-charts { grid-template-columns: minmax(0, 1fr); }
.vt-steps { display: flex; flex-wrap: wrap; gap: 5px 4px; padding: 3px; font: 12.5px/1.6 var(--vt-mono); cursor: default; }
.vt-step { display: inline-flex; flex-wrap: wrap; border: 1px solid var(--vt-faint); border-radius: 5px; padding: 0 2px; max-width: 100%; overflow-wrap: anywhere; }
.vt-steps .vt-place { padding: 0 3px; border-radius: 3px; }
.vt-steps .vt-place.vt-lit { background: var(--vt-selection-soft); box-shadow: inset 0 0 0 1px var(--vt-selection); }
.vt-steps .vt-place.vt-pinned { box-shadow: inset 0 0 0 2px var(--vt-selection); }
.vt-draft-text { color: var(--vt-muted); margin-right: 5px; }
.vt-drafted { border-bottom: 2px solid transparent; }
.vt-drafted.vt-accepted { border-color: #1764ab; }
.vt-drafted.vt-rejected { border-bottom: 2px dotted #b3336a; }
.vt-drafted.vt-bonus { border-bottom: 2px dashed #176b4d; }
.vt[data-vt-theme="dark"] .vt-drafted.vt-accepted { border-color: #5aa9e0; }
.vt[data-vt-theme="dark"] .vt-drafted.vt-rejected { border-color: #ee86b0; }
.vt[data-vt-theme="dark"] .vt-drafted.vt-bonus { border-color: #3fb58a; }
.vt-drafts-key { display: flex; flex-wrap: wrap; gap: 4px 16px; margin: 8px 0 0; color: var(--vt-muted); font-size: 12px; }
.vt-drafts-key .vt-drafted { font-family: var(--vt-mono); color: var(--vt-ink); margin-right: 5px; }
.vt-drafts-readout { min-width: 0; font-size: 12px; }
.vt h4 { margin: 0 0 6px; font: 600 13px/1.4 var(--vt-font); overflow-wrap: anywhere; color: var(--vt-ink); }
.vt-drafts-readout .vt-lit { color: var(--vt-selection); font-family: var(--vt-mono); }
.vt .vt-drafts-readout dl { display: grid; grid-template-columns: minmax(0, 0.8fr) minmax(0, 1.2fr); gap: 2px 10px; margin: 0; }
.vt .vt-drafts-readout dt { float: none; width: auto; margin: 0; padding: 0; color: var(--vt-muted); font-weight: 400; }
.vt .vt-drafts-readout dd { float: none; width: auto; margin: 0; padding: 0; min-width: 0; font-family: var(--vt-mono); overflow-wrap: anywhere; }
.vt-drafts-time { margin-top: 16px; border-top: 1px solid var(--vt-faint); padding-top: 12px; }
.vt-drafts-time p { margin: 4px 0 0; font-size: 12px; max-width: 100ch; }
.vt-bars svg { display: block; }
.vt-bars .vt-lit-row { fill: var(--vt-selection); fill-opacity: 0.16; }
`;
