import { CHART_STYLES } from "../render/chart/chartStyles.ts";

export const STYLES = `${CHART_STYLES}
.vt-anatomy { display: grid; gap: 18px; grid-template-columns: 300px minmax(0, 880px) minmax(310px, 1fr); align-items: start; }
.vt[data-vt-width="medium"] .vt-anatomy { grid-template-columns: 270px minmax(0, 1fr); }
.vt[data-vt-width="medium"] .vt-anatomy-readout { grid-column: 2; }
.vt[data-vt-width="narrow"] .vt-anatomy { grid-template-columns: minmax(0, 1fr); }
.vt .vt-parts { list-style: none; margin: 0; padding: 0; display: grid; gap: 4px; }
.vt .vt-parts > li { margin: 0; }
.vt-part { display: grid; grid-template-columns: 76px minmax(0, 1fr); gap: 10px; align-items: end; width: 100%; padding: 6px; border: 1px solid transparent; border-radius: 6px; background: transparent; color: var(--vt-ink); font: 12px/1.4 var(--vt-font); text-align: left; cursor: pointer; }
.vt-part:hover { border-color: var(--vt-muted); }
.vt-part[aria-current="true"] { background: var(--vt-selection-soft); border-color: var(--vt-selection); }
.vt-part svg { display: block; width: 76px; height: 76px; }
.vt-part strong { display: block; font-size: 13px; }
.vt-part .vt-lit-layer { color: var(--vt-selection); }
.vt-part span { display: block; }
.vt-fold { margin: 2px 0 4px 92px; }
.vt-anatomy-readout ul + h4, .vt-anatomy-readout div + div { margin-top: 12px; }
.vt-cells { margin: 0 0 6px 4px; }
.vt-cells .vt-roving { gap: 2px; max-height: 186px; overflow-y: auto; padding: 2px; }
.vt-cells .vt-button { min-width: 26px; padding: 1px 3px; font: 11px var(--vt-mono); text-align: center; }
.vt-cells .vt-button[aria-current="step"] { background: var(--vt-selection-soft); border-color: var(--vt-selection); }
.vt-cells .vt-button.vt-hovered { border-color: var(--vt-selection); border-style: dashed; }
.vt-operators { min-width: 0; }
.vt h4 { margin: 0 0 4px; font: 600 13px/1.4 var(--vt-font); overflow-wrap: anywhere; color: var(--vt-ink); }
.vt-operators p { margin: 0 0 8px; color: var(--vt-muted); font-size: 12px; }
.vt-section { margin: 8px 0 2px; color: var(--vt-muted); font-size: 11px; font-weight: 600; letter-spacing: 0.03em; }
.vt-op { display: grid; grid-template-columns: 14px 168px minmax(0, 1fr) 84px 56px; gap: 8px; align-items: center; padding: 2px 6px; border: 1px solid transparent; border-radius: 4px; font: 11.5px/1.5 var(--vt-mono); cursor: pointer; }
.vt[data-vt-width="narrow"] .vt-op { grid-template-columns: 14px minmax(0, 1fr) 84px 56px; }
.vt[data-vt-width="narrow"] .vt-op .vt-formula { display: none; }
.vt-op:hover { border-color: var(--vt-faint); }
.vt-op[aria-selected="true"] { background: var(--vt-selection-soft); border-color: var(--vt-selection); }
.vt-op > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.vt-op .vt-formula { color: var(--vt-muted); }
.vt-op .vt-swatch, .vt-class .vt-swatch { width: 10px; height: 10px; border-radius: 2px; background: currentColor; }
.vt-op .vt-bar { position: relative; display: block; height: 10px; }
.vt-op .vt-bar i { position: absolute; inset: 0 auto 0 0; background: currentColor; opacity: 0.28; }
.vt-op .vt-bar i + i { opacity: 1; }
.vt-op .vt-count { text-align: right; }
.vt-anatomy-readout { min-width: 0; font-size: 12px; }
.vt-anatomy-readout p { margin: 0 0 8px; }
.vt .vt-anatomy-readout dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 4px 10px; margin: 0 0 8px; }
.vt .vt-anatomy-readout dt { float: none; width: auto; margin: 0; padding: 0; color: var(--vt-muted); font-weight: 400; }
.vt .vt-anatomy-readout dd { float: none; width: auto; margin: 0; padding: 0; min-width: 0; }
.vt-anatomy-readout code { font: 11.5px var(--vt-mono); background: none; padding: 0; color: var(--vt-ink); overflow-wrap: anywhere; }
.vt-anatomy-readout dd > span { display: block; }
.vt .vt-site-cards { list-style: none; margin: 0; padding: 0; display: grid; gap: 8px; }
.vt .vt-site-cards li { margin: 0; border-left: 2px solid var(--vt-data); padding-left: 8px; }
.vt-site-cards p { margin: 1px 0 0; color: var(--vt-muted); }
.vt-site-cards .vt-button { padding: 0 6px; margin-left: 6px; font-size: 11px; }
.vt-letters, .vt-classes { display: flex; flex-wrap: wrap; gap: 2px 14px; margin: 12px 0 0; padding: 8px 0 0; border-top: 1px solid var(--vt-faint); font-size: 12px; color: var(--vt-muted); }
.vt-letters b { color: var(--vt-ink); font: 600 11.5px var(--vt-mono); }
.vt-class { display: inline-flex; align-items: center; gap: 5px; }
.vt-class .vt-swatch { display: inline-block; }
.vt-class-name { color: var(--vt-muted); }
`;
