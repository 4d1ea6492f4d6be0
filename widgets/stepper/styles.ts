export const STYLES = `
.vt-moves { display: flex; flex-wrap: wrap; gap: 6px 18px; }
.vt-move-group { display: inline-flex; flex-wrap: wrap; align-items: center; gap: 4px; }
.vt-move-group .vt-control-label:empty { display: none; }
.vt-button[aria-disabled="true"] { opacity: 0.55; cursor: default; }
.vt-roving { display: flex; flex-wrap: wrap; gap: 4px; }
.vt-button[aria-selected="true"], .vt-button[aria-current="step"] { background: var(--vt-selection-soft); border-color: var(--vt-selection); }
.vt-toolbar.vt-roving { margin: 0; max-height: 132px; overflow-y: auto; padding: 2px; }
.vt-step-tokens { margin: 0 0 8px; font: 13px/1.9 var(--vt-mono); overflow-wrap: anywhere; max-height: 120px; overflow-y: auto; }
.vt-step-token { padding: 2px 3px; border-radius: 3px; margin-right: 2px; color: var(--vt-muted); }
.vt-step-lit { background: var(--vt-selection-soft); color: var(--vt-ink); }
.vt-likeliest { border: 1px dashed var(--vt-selection); color: var(--vt-ink); }
.vt-status { margin: 0 0 10px; padding: 6px 10px; border-left: 3px solid var(--vt-data); background: var(--vt-mask); overflow-wrap: anywhere; }
.vt-status.vt-warning { border-left-color: var(--vt-selection); color: var(--vt-ink); }
.vt-flow { display: grid; gap: 18px; grid-template-columns: minmax(0, 1.2fr) minmax(0, 1fr); align-items: start; margin-bottom: 16px; }
.vt-map-host { min-width: 0; overflow: auto; max-height: 340px; }
.vt-model { padding: 2px; width: max-content; }
.vt-model canvas, .vt-matrix canvas { cursor: crosshair; }
.vt h4 { margin: 0 0 6px; font: 600 13px/1.4 var(--vt-font); overflow-wrap: anywhere; color: var(--vt-ink); }
.vt-operator { min-width: 0; }
.vt-value-title .vt-muted { font-weight: 400; }
.vt-operator-title { margin: 0; color: var(--vt-muted); font-size: 12px; }
.vt .vt-operator dl, .vt .vt-statistics { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 2px 10px; margin: 0; font-size: 12px; }
.vt-operator dt, .vt-statistics dt { color: var(--vt-muted); font-weight: 400; }
.vt .vt-operator dt, .vt .vt-statistics dt, .vt .vt-operator dd, .vt .vt-statistics dd { float: none; width: auto; margin: 0; padding: 0; min-width: 0; }
.vt-operator code, .vt-list code, .vt-value-title code { font: 12px var(--vt-mono); background: none; padding: 0; color: var(--vt-ink); overflow-wrap: anywhere; }
.vt-operator dd code { display: block; }
.vt-next { margin: 8px 0 0; font-size: 12px; }
.vt-value { display: grid; gap: 18px; grid-template-columns: 250px minmax(0, 1fr) minmax(236px, 22%); align-items: start; border-top: 1px solid var(--vt-faint); padding-top: 12px; }
.vt[data-vt-width="medium"] .vt-value { grid-template-columns: 250px minmax(0, 1fr); grid-template-rows: auto 1fr; }
.vt[data-vt-width="medium"] .vt-value-stage { grid-area: 1 / 2 / span 2; }
.vt[data-vt-width="medium"] .vt-numbers { grid-area: 2 / 1; }
.vt[data-vt-width="narrow"] .vt-flow, .vt[data-vt-width="narrow"] .vt-value, .vt[data-vt-width="narrow"] .vt-panels { grid-template-columns: minmax(0, 1fr); }
.vt-sites { min-width: 0; display: grid; gap: 6px; }
.vt-sites h4 { margin: 0; }
.vt-site-host { display: grid; gap: 6px; min-width: 0; }
.vt .vt-site-list { width: 100%; font: 11px/1.5 var(--vt-mono); padding: 2px; overflow: auto; white-space: pre; }
.vt-input { font: 12px/1.4 var(--vt-font); color: var(--vt-ink); background: var(--vt-ground); border: 1px solid var(--vt-faint); border-radius: 5px; padding: 3px 7px; min-width: 0; max-width: 100%; }
.vt-input::placeholder { color: var(--vt-muted); opacity: 1; }
.vt-input[aria-invalid="true"] { border-color: var(--vt-selection); }
.vt-value-stage { min-width: 0; }
.vt-matrix { max-width: 100%; overflow: auto; max-height: 560px; padding: 2px; }
.vt-value-readout { margin: 6px 0; font: 12px/1.5 var(--vt-mono); overflow-wrap: anywhere; }
.vt-scale { margin: 0 0 8px; color: var(--vt-muted); font-size: 12px; }
.vt-windows { display: flex; flex-wrap: wrap; gap: 6px 10px; align-items: center; margin: 0 0 6px; color: var(--vt-muted); font-size: 12px; }
.vt-slices { display: flex; flex-wrap: wrap; gap: 6px; margin: 0 0 10px; max-height: 190px; overflow-y: auto; padding: 3px; }
.vt-slice { border: 1px solid var(--vt-faint); background: none; border-radius: 4px; padding: 2px; cursor: pointer; color: var(--vt-muted); font: 11px var(--vt-font); }
.vt-slice span { display: block; padding-top: 2px; }
.vt-slice[aria-checked="true"] { border-color: var(--vt-selection); color: var(--vt-ink); box-shadow: 0 0 0 1px var(--vt-selection); }
.vt-write, .vt-breakpoint-form { display: flex; flex-wrap: wrap; gap: 6px 10px; align-items: flex-end; }
.vt-field { display: grid; gap: 2px; min-width: 0; font-size: 12px; }
.vt-field .vt-input[type="number"] { width: 78px; }
.vt-wide-field { flex: 1 1 100%; }
.vt-wide-field .vt-input { width: 100%; font-family: var(--vt-mono); }
.vt-field-problem { flex: 1 1 100%; margin: 0; color: var(--vt-selection); font-size: 12px; overflow-wrap: anywhere; }
.vt-numbers { min-width: 0; display: grid; gap: 10px; }
.vt-statistics dd { font-family: var(--vt-mono); }
.vt-histogram { width: 100%; height: 54px; border-bottom: 1px solid var(--vt-faint); }
.vt-histogram-bar { fill: var(--vt-data); }
.vt-norms { max-height: 300px; overflow-y: auto; padding: 2px; }
.vt table.vt-norm-table { border-collapse: collapse; width: 100%; margin: 0; font-size: 12px; border: 0; table-layout: auto; }
.vt .vt-norm-table caption { text-align: left; color: var(--vt-muted); padding: 0 0 3px; caption-side: top; font-size: 12px; }
.vt .vt-norm-table tr, .vt .vt-norm-table tr:nth-child(even) { background: transparent; }
.vt .vt-norm-table tr.vt-lit-row { background: var(--vt-selection-soft); }
.vt .vt-norm-table th, .vt .vt-norm-table td { padding: 1px 6px 1px 0; border: 0; font: 11px var(--vt-mono); text-align: left; color: var(--vt-ink); white-space: nowrap; }
.vt .vt-norm-table td.vt-number { text-align: right; }
.vt-bar-cell { width: 40%; min-width: 34px; }
.vt-bar { display: block; height: 8px; border-radius: 1px; background: var(--vt-data); }
.vt-panels { display: grid; gap: 24px; grid-template-columns: minmax(0, 1fr) minmax(0, 1.4fr); align-items: start; border-top: 1px solid var(--vt-faint); margin-top: 14px; padding-top: 12px; }
.vt-panel { min-width: 0; }
.vt-panel > .vt-roving { margin-bottom: 12px; }
.vt .vt-list { list-style: none; margin: 0 0 10px; padding: 0; font-size: 12px; max-height: 160px; overflow-y: auto; }
.vt .vt-list li code { flex: 1 1 60%; }
.vt .vt-list li { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 10px; padding: 2px; margin: 0; }
`;
