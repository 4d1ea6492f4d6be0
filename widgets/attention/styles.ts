export const STYLES = `
.vt-stage { display: grid; gap: 18px; grid-template-columns: minmax(0, 1fr); align-items: start; }
.vt-stage[data-open="true"] { grid-template-columns: minmax(190px, 25%) minmax(0, 770px) minmax(268px, 1fr); }
.vt[data-vt-width="medium"] .vt-stage[data-open="true"] { grid-template-columns: minmax(170px, 25%) minmax(0, 1fr); }
.vt[data-vt-width="medium"] .vt-readout { grid-column: 2; }
.vt[data-vt-width="narrow"] .vt-stage[data-open="true"] { grid-template-columns: minmax(0, 1fr); }
.vt[data-vt-width="narrow"] .vt-stage[data-open="true"] .vt-heads { display: none; }
.vt-heads { min-width: 0; }
.vt-heads-table .vt-table-scroll { max-height: 620px; }
.vt-stage[data-open="true"] .vt-heads-table th:nth-child(2), .vt-stage[data-open="true"] .vt-heads-table td:nth-child(2) { display: none; }
.vt .vt-heads-table th button {
  font: 600 12px/1.4 var(--vt-font); color: var(--vt-ink); background: transparent; border: 0; padding: 0; cursor: pointer;
}
.vt .vt-heads-table td button {
  font: inherit; color: var(--vt-data); background: transparent; border: 0; padding: 0 2px; cursor: pointer; text-decoration: underline;
}
.vt .vt-heads-table td.vt-number {
  background: linear-gradient(to right, var(--vt-data-soft) var(--vt-share, 0), transparent 0) no-repeat 0 100% / 100% 3px;
}
.vt .vt-heads-table tbody tr.vt-lit-row, .vt .vt-heads-table tbody tr.vt-lit-row:nth-child(even) { background: var(--vt-selection-soft); }
.vt-overview { overflow: auto; max-height: 780px; padding: 3px; }
.vt-overview canvas { cursor: pointer; }
.vt-head-cells { position: relative; }
.vt-head-mark { position: absolute; box-sizing: content-box; margin: -1px; border: 1px solid var(--vt-selection); pointer-events: none; }
.vt-head-place { margin: -2px; border-width: 2px; }
.vt-detail-head { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 8px; margin: 0 0 8px; }
.vt-detail-head strong { font-size: 14px; margin: 0 4px; }
.vt-detail > .vt-muted { font-size: 12px; margin: 0 0 8px; display: block; min-height: 18px; }
.vt-map { position: relative; }
.vt-map canvas { position: absolute; inset: 0 auto auto 0; cursor: crosshair; }
.vt-map canvas.vt-dragging { cursor: grabbing; }
.vt-map canvas { touch-action: none; }
.vt-tip .vt-sums { display: block; white-space: normal; }
.vt-progress { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 10px; font-size: 12px; color: var(--vt-muted); min-height: 18px; margin: 0 0 8px; }
.vt-progress progress { width: 120px; height: 8px; accent-color: var(--vt-data); }
.vt-bands { margin-top: 8px; }
.vt-bands canvas { cursor: pointer; display: block; }
.vt-at-least input { width: 74px; font: 12px/1.4 var(--vt-font); color: var(--vt-ink); background: transparent; border: 1px solid var(--vt-faint); border-radius: 5px; padding: 2px 6px; }
.vt-map-overlay { position: absolute; inset: 0 auto auto 0; pointer-events: none; overflow: visible; }
.vt-label { fill: var(--vt-muted); font: 11px var(--vt-mono); }
.vt-label.vt-lit { fill: var(--vt-selection); font-weight: 600; }
.vt-lit { color: var(--vt-selection); }
.vt-cross { fill: none; stroke: var(--vt-selection); stroke-width: 1; opacity: 0.75; }
.vt-cell { fill: none; stroke: var(--vt-selection); stroke-width: 2; }
.vt-tip {
  position: absolute; pointer-events: none; z-index: 2; padding: 4px 9px; border-radius: 5px; max-width: 300px;
  background: var(--vt-panel); border: 1px solid var(--vt-selection); box-shadow: 0 2px 10px rgba(0, 0, 0, 0.18);
  font: 12px/1.35 var(--vt-mono); white-space: nowrap;
}
.vt-tip strong { display: block; font-size: 13px; }
.vt-tip span { color: var(--vt-muted); }
.vt-legend { display: flex; align-items: center; gap: 8px; color: var(--vt-muted); font-size: 11px; }
.vt-legend canvas { border: 1px solid var(--vt-faint); border-radius: 2px; }
.vt-mask-swatch { display: inline-block; width: 14px; height: 10px; margin-right: 4px; border: 1px solid var(--vt-faint);
  background: repeating-linear-gradient(45deg, var(--vt-mask) 0 3px, var(--vt-faint) 3px 4px); }
.vt-readout { min-width: 0; max-width: 420px; overflow-x: auto; }
.vt-readout h4 { margin: 0 0 6px; font: 600 13px/1.4 var(--vt-font); overflow-wrap: anywhere; }
.vt table.vt-readout-table { width: 100%; border-collapse: collapse; margin: 0; font-size: 12px; border: 0; table-layout: auto; }
.vt .vt-readout-table tr, .vt .vt-readout-table tr:nth-child(even) { background: transparent; }
.vt .vt-readout-table td { padding: 1px 6px 1px 0; border: 0; white-space: nowrap; color: var(--vt-ink); text-align: left; }
.vt .vt-readout-table td.vt-number { text-align: right; }
.vt .vt-readout-table td.vt-muted { color: var(--vt-muted); }
.vt-bar-cell { width: 22%; min-width: 34px; }
.vt-bar { display: block; height: 8px; border-radius: 1px; background: var(--vt-data); }
.vt-strip { position: relative; margin-top: 14px; padding: 8px 10px; border: 1px solid var(--vt-faint); border-radius: 5px;
  font: 13px/1.9 var(--vt-mono); max-height: 190px; overflow: auto; overflow-wrap: anywhere; }
.vt-chip { display: inline-block; max-width: 100%; line-height: 1.45; padding: 2px 1px; border-radius: 2px; cursor: pointer; border-bottom: 2px solid transparent; }
.vt-chip + .vt-chip { margin-left: 1px; }
.vt-masked { background: var(--vt-mask); }
.vt-lit-chip { border-bottom-color: var(--vt-selection); box-shadow: 0 0 0 1px var(--vt-selection); }
.vt-pinned-chip { box-shadow: 0 0 0 2px var(--vt-selection); }
.vt-strip-head { display: flex; flex-wrap: wrap; gap: 6px 16px; align-items: center; margin-top: 14px; font-size: 12px; }
.vt-strip-head + .vt-strip { margin-top: 6px; }
`;
