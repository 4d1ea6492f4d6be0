export const STYLES = `
.vt-routing { display: grid; gap: 18px; grid-template-columns: minmax(0, 1fr) 290px; align-items: start; }
.vt[data-vt-width="narrow"] .vt-routing, .vt[data-vt-width="narrow"] .vt-routing.vt-path { grid-template-columns: minmax(0, 1fr); }
.vt-grid-scroll { overflow-x: auto; }
.vt-grid-rows { overflow-y: auto; overflow-x: hidden; max-height: 520px; position: relative; }
.vt-grid-rows canvas { position: sticky; top: 0; cursor: crosshair; }
.vt-grid-rows canvas:focus-visible { outline: none; }
.vt-grid-scroll:has(canvas:focus-visible) { outline: 2px solid var(--vt-selection); outline-offset: 3px; border-radius: 2px; }
.vt-grid-spacer { width: 1px; }
.vt-route h4 { margin: 0 0 2px; font: 600 13px/1.4 var(--vt-font); overflow-wrap: anywhere; }
.vt-route .vt-lit { color: var(--vt-selection); }
.vt table.vt-route-table { border-collapse: collapse; width: 100%; margin: 6px 0 10px; font-size: 12px; border: 0; table-layout: auto; }
.vt .vt-route-table tr, .vt .vt-route-table tr:nth-child(even) { background: transparent; }
.vt .vt-route-table th { font-weight: 500; color: var(--vt-muted); text-align: left; padding: 1px 8px 1px 0; border: 0; font-size: 11px; }
.vt .vt-route-table td { padding: 1px 8px 1px 0; border: 0; text-align: left; font-family: var(--vt-mono); color: var(--vt-ink); white-space: nowrap; }
.vt .vt-route-table th.vt-number, .vt .vt-route-table td.vt-number { text-align: right; }
.vt-scores { margin: 4px 0 0; }
.vt-route-empty { color: var(--vt-muted); margin: 0; }
.vt-refusal { font-size: 14px; max-width: 70ch; margin: 6px 0; padding: 12px 14px; border-left: 3px solid var(--vt-data); background: var(--vt-mask); }
.vt-cells-column { min-width: 0; }
.vt-routing.vt-path { grid-template-columns: minmax(0, 1fr) 400px; }
.vt-cells { overflow-x: auto; width: fit-content; max-width: 100%; }
.vt-cells-stage { position: relative; }
.vt-cells-stage canvas { cursor: crosshair; }
.vt-cells-stage canvas:focus-visible { outline: none; }
.vt-cells:has(canvas:focus-visible) { outline: 2px solid var(--vt-selection); outline-offset: 3px; border-radius: 2px; }
.vt-cells-overlay { position: absolute; inset: 0; pointer-events: none; overflow: visible; }
.vt-cells-overlay .vt-label { font: 11px var(--vt-font); fill: var(--vt-muted); }
.vt-cells-overlay .vt-lit { fill: var(--vt-selection); font-weight: 600; }
.vt-cells-cell { fill: none; stroke: var(--vt-selection); stroke-width: 2; }
.vt-cells-pinned { fill: none; stroke: var(--vt-selection); stroke-width: 1; stroke-dasharray: 3 2; }
.vt-mark-next { fill: none; stroke: var(--vt-muted); stroke-width: 1; }
.vt-mark-gained, .vt-mark-other { fill: none; stroke: var(--vt-selection); stroke-width: 2; }
.vt-mark-other { stroke: var(--vt-ink); }
.vt-mark-lost { fill: none; stroke: var(--vt-selection); stroke-width: 1.2; }
.vt-cell-line { margin: 8px 0 2px; min-height: 1.45em; }
.vt-cells-key { display: flex; align-items: center; gap: 8px; margin: 4px 0; font-size: 12px; color: var(--vt-muted); flex-wrap: wrap; }
.vt-routing .vt-toolbar .vt-lit { color: var(--vt-selection); }
.vt-routing input[type="range"] { vertical-align: middle; width: min(320px, 40vw); accent-color: var(--vt-data); }
.vt .vt-route-table caption { text-align: left; caption-side: top; color: var(--vt-muted); font-size: 11px; padding: 0; }
.vt-attempts .vt-segmented { margin: 2px 0 6px; }
.vt-attempt-buttons { display: flex; gap: 8px; margin: 4px 0 8px; }
.vt-attempt { overflow-x: auto; }
.vt-attempt-done { margin: 4px 0 6px; font-size: 12px; }
`;
