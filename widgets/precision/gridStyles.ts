/** Styles of `createCellGrid`. */
export const GRID_STYLES = `
.vt-grid { position: relative; overflow-x: auto; }
.vt-grid canvas { cursor: crosshair; }
.vt-grid canvas:focus-visible { outline-offset: -2px; }
.vt-grid-overlay { position: absolute; inset: 0 auto auto 0; pointer-events: none; }
.vt-label { fill: var(--vt-muted); font: 11px var(--vt-mono); }
.vt-label.vt-lit { fill: var(--vt-selection); font-weight: 600; }
.vt-cross { fill: none; stroke: var(--vt-selection); stroke-width: 1; opacity: 0.75; }
.vt-cell { fill: none; stroke: var(--vt-selection); stroke-width: 2; }
`;
