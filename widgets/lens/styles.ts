import { STYLES as TEXT_STYLES } from "../tokens/styles.ts";

export const STYLES = `${TEXT_STYLES}
.vt-lens { display: grid; gap: 6px 18px; grid-template-columns: minmax(0, 1fr) 300px; align-items: start; }
.vt[data-vt-width="narrow"] .vt-lens { grid-template-columns: minmax(0, 1fr); }
.vt-lens > div { min-width: 0; }
.vt-lens-grid { position: relative; overflow-x: auto; }
.vt-lens-grid canvas { cursor: crosshair; }
.vt-lens-grid canvas:focus-visible { outline-offset: -2px; }
.vt-lens-stage { position: relative; }
.vt-lens-overview { margin-top: 6px; font-size: 12px; }
.vt-lens-overview canvas { cursor: ew-resize; touch-action: none; }
.vt-lens-overlay { position: absolute; inset: 0 auto auto 0; pointer-events: none; }
.vt-label { fill: var(--vt-muted); font: 11px var(--vt-mono); }
.vt-label.vt-ink { fill: var(--vt-ink); }
.vt-label.vt-lit { fill: var(--vt-selection); font-weight: 600; }
.vt-cross { fill: none; stroke: var(--vt-selection); stroke-width: 1; opacity: 0.75; }
.vt-cell { fill: none; stroke: var(--vt-selection); stroke-width: 2; }
.vt-cell.vt-pinned-cell { stroke-dasharray: 4 2; }
.vt-scale-line { color: var(--vt-muted); font-size: 12px; margin: 4px 0 0; }
.vt-lens-summary { margin: 0 0 8px; padding: 6px 10px; border-left: 3px solid var(--vt-data); background: var(--vt-mask); }
.vt-lens-readout { min-height: 380px; }
.vt[data-vt-width="narrow"] .vt-lens-readout { min-height: 0; }
.vt-lens-readout p { margin: 0; }
`;
