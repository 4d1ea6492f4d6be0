import { CHART_STYLES } from "../render/chart/chartStyles.ts";

export const STYLES = `${CHART_STYLES}
.vt-stage { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 8px 20px; align-items: start; }
.vt[data-vt-width="narrow"] .vt-stage { grid-template-columns: minmax(0, 1fr); }
.vt table.vt-legend { border-collapse: collapse; margin: 0; font-size: 12px; border: 0; table-layout: auto; min-width: 300px; }
.vt[data-vt-width="narrow"] table.vt-legend { min-width: 0; width: 100%; }
.vt .vt-legend caption { caption-side: bottom; text-align: left; padding: 6px 0 0; max-width: 340px; }
.vt .vt-legend tr, .vt .vt-legend tr:nth-child(even) { background: transparent; }
.vt .vt-legend th, .vt .vt-legend td { padding: 1px 8px 1px 0; border: 0; text-align: left; font-weight: 400; color: var(--vt-ink); white-space: nowrap; max-width: none; }
.vt .vt-legend th.vt-number, .vt .vt-legend td.vt-number { text-align: right; padding: 1px 0 1px 10px; font-variant-numeric: tabular-nums; }
.vt .vt-legend thead th { color: var(--vt-muted); }
.vt .vt-legend tr.vt-legend-lit, .vt .vt-legend td.vt-legend-lit { background: var(--vt-selection-soft); }
.vt-panel { margin-top: 6px; }
/* Four in a row, two, or one: never three and one. */
.vt-cards { display: grid; gap: 10px; grid-template-columns: repeat(4, minmax(0, 1fr)); margin-bottom: 14px; }
.vt[data-vt-width="medium"] .vt-cards { grid-template-columns: repeat(2, minmax(0, 1fr)); }
.vt[data-vt-width="narrow"] .vt-cards { grid-template-columns: repeat(auto-fit, minmax(max(min(260px, 100%), 34%), 1fr)); }
.vt-card { border: 1px solid var(--vt-faint); border-radius: 6px; padding: 8px 12px 10px; }
.vt-card h4 { margin: 0 0 4px; font: 600 12px/1.4 var(--vt-font); color: var(--vt-muted); }
.vt-card dl { display: grid; grid-template-columns: 1fr auto; gap: 1px 10px; margin: 0; font-size: 12px; }
.vt-card dt { float: none; width: auto; color: var(--vt-muted); font-weight: 400; }
.vt-card dd { float: none; width: auto; margin: 0; text-align: right; white-space: nowrap; }
.vt-card .vt-big { font: 600 17px/1.3 var(--vt-font); margin: 0 0 4px; color: var(--vt-ink); }
.vt-meter { height: 8px; border-radius: 2px; background: var(--vt-mask); margin: 3px 0 6px; overflow: hidden; }
.vt-meter span { display: block; height: 100%; background: var(--vt-data); min-width: 1px; }
.vt-derived, .vt-measured { font-size: 10px; padding: 0 4px; border-radius: 3px; border: 1px solid var(--vt-faint); color: var(--vt-muted); white-space: nowrap; }
.vt-measured { border-color: var(--vt-data); color: var(--vt-data); }
.vt-charts { position: relative; }
.vt-charts canvas { cursor: crosshair; }
.vt-cost-line { min-height: 21px; margin: 6px 0 12px; font-size: 12px; }
.vt-cost-line strong { color: var(--vt-selection); font-family: var(--vt-mono); }
.vt-same { margin: 0 0 6px; font-size: 12px; }
.vt-prices { border: 1px solid var(--vt-faint); border-radius: 6px; overflow-x: auto; margin-top: 4px; }
.vt table.vt-price-table { border-collapse: collapse; width: 100%; margin: 0; font-size: 12px; border: 0; table-layout: auto; }
.vt .vt-price-table tr, .vt .vt-price-table tr:nth-child(even) { background: transparent; }
.vt .vt-price-table th { text-align: left; font-weight: 500; color: var(--vt-muted); padding: 5px 8px; border: 0; white-space: normal; vertical-align: bottom; }
.vt .vt-price-table th.vt-number, .vt .vt-price-table td.vt-number { text-align: right; }
.vt .vt-price-table td { padding: 2px 8px; border: 0; border-top: 1px solid var(--vt-faint); text-align: left; white-space: nowrap; color: var(--vt-ink); max-width: none; }
.vt .vt-price-table thead td { border: 0; }
.vt-price-table input { font: 12px var(--vt-font); color: var(--vt-ink); background: transparent; border: 1px solid transparent; border-radius: 4px; padding: 2px 5px; width: 100%; }
.vt-price-table input[type="number"] { text-align: right; font-variant-numeric: tabular-nums; width: 72px; min-width: 72px; appearance: textfield; }
.vt-price-table input[type="number"]::-webkit-inner-spin-button { appearance: none; margin: 0; }
.vt-price-table input::placeholder { color: var(--vt-muted); opacity: 1; }
.vt-price-table td:first-child input { display: block; }
.vt-price-table td:first-child input + input { font-size: 11px; color: var(--vt-muted); padding-top: 0; }
.vt-price-table .vt-price-when { display: flex; }
.vt-price-table .vt-price-when input { width: auto; font-size: 11px; color: var(--vt-muted); padding-top: 0; }
.vt-price-table .vt-price-note { display: block; font-size: 11px; padding: 0 6px 2px; white-space: normal; }
/* Where the columns have no room each list is a block of its own, its numbers named. */
.vt:not([data-vt-width="wide"]) .vt-price-table thead { display: none; }
.vt:not([data-vt-width="wide"]) .vt-price-table tbody, .vt:not([data-vt-width="wide"]) .vt-price-table td { display: block; border: 0; }
.vt:not([data-vt-width="wide"]) .vt-price-table tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(120px, 1fr)); border-top: 1px solid var(--vt-faint); padding: 4px 0; }
.vt:not([data-vt-width="wide"]) .vt-price-table tr:first-child { border-top: 0; }
.vt:not([data-vt-width="wide"]) .vt-price-table td:first-child { grid-column: 1 / -1; }
.vt:not([data-vt-width="wide"]) .vt-price-table td.vt-number { text-align: left; }
.vt:not([data-vt-width="wide"]) .vt-price-table td[data-label]::before { content: attr(data-label); display: block; color: var(--vt-muted); font-size: 11px; white-space: normal; }
.vt-prices-foot { padding: 6px 8px; border-top: 1px solid var(--vt-faint); }
.vt-price-table input:hover { border-color: var(--vt-faint); }
.vt-price-table input:focus { border-color: var(--vt-selection); outline: none; }
.vt-price-table input:invalid { border-color: #c62828; }
.vt-class-host { overflow-x: auto; }
.vt table.vt-class-table { border-collapse: collapse; width: 100%; margin: 0; font-size: 12px; border: 0; table-layout: fixed; }
.vt .vt-class-table caption { caption-side: bottom; text-align: left; padding: 4px 0 0; }
.vt .vt-class-table tr, .vt .vt-class-table tr:nth-child(even) { background: transparent; }
.vt .vt-class-table th { text-align: left; font-weight: 500; color: var(--vt-muted); padding: 3px 8px 3px 0; border: 0; white-space: nowrap; }
.vt .vt-class-table tbody th { color: var(--vt-ink); font-weight: 400; }
.vt .vt-class-table th.vt-number { padding-left: 8px; }
.vt .vt-class-table td { position: relative; padding: 3px 8px; border: 0; border-top: 1px solid var(--vt-faint); text-align: left; white-space: nowrap; color: var(--vt-ink); max-width: none; }
.vt .vt-class-table tbody th { border-top: 1px solid var(--vt-faint); }
.vt .vt-share { position: absolute; inset: 3px auto 3px 8px; width: calc((100% - 16px) * var(--vt-fraction)); background: var(--vt-data); opacity: 0.16; border-radius: 2px; }
.vt .vt-share-number { position: relative; display: inline-block; min-width: 84px; font-variant-numeric: tabular-nums; }
.vt .vt-share-percent { position: relative; font-size: 11px; font-variant-numeric: tabular-nums; }
.vt[data-vt-width="narrow"] .vt-class-table { table-layout: auto; }
.vt[data-vt-width="narrow"] .vt-share-percent { display: none; }
.vt-subhead { display: flex; flex-wrap: wrap; gap: 4px 14px; align-items: center; margin: 14px 0 4px; }
.vt-subhead h4 { margin: 0; font: 600 13px/1.4 var(--vt-font); }
`;
