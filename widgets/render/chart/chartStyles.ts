import { toneRules } from "./tones.ts";

/** Rules that hold below a selector alone. */
const below = (selector: string, rules: string): string =>
  rules.replace(/(^|\})\./g, (_, end: string) => `${end}${selector} .`);

/** Styles of charts in a page: the classes that static pictures have, in the colours of the page's theme. */
export const CHART_STYLES = `
${below(".vt", toneRules("light"))}
${below('.vt[data-vt-theme="dark"]', toneRules("dark"))}
.vt-chart { position: relative; cursor: crosshair; min-width: 0; }
.vt-chart svg { display: block; }
.vt-chart text { font: 11px var(--vt-font); fill: var(--vt-muted); font-variant-numeric: tabular-nums; }
.vt-chart .t { fill: var(--vt-ink); font-size: 12px; }
.vt-chart .n { font-weight: 600; }
.vt-chart .k { font-family: var(--vt-mono); }
.vt-chart .e { text-anchor: end; }
.vt-chart .c { text-anchor: middle; }
.vt-chart .l { stroke: var(--vt-faint); fill: none; }
.vt-chart .f { fill: var(--vt-mask); }
.vt-chart .u { stroke: var(--vt-selection); stroke-dasharray: 3 2; fill: none; }
.vt-chart .vt-lit { stroke: var(--vt-selection); fill: none; stroke-width: 1.5; }
.vt-chart .vt-lit-band { fill: var(--vt-selection); fill-opacity: 0.16; }
.vt-chart .vt-pin { fill: var(--vt-selection); }
.vt-swatch { display: inline-block; width: 11px; height: 11px; border-radius: 2px; background: currentColor; margin-right: 7px; vertical-align: -1px; flex: none; }
.vt-says { min-height: 19px; margin: 6px 0 0; font-size: 12px; }
.vt-says strong { color: var(--vt-selection); font-family: var(--vt-mono); }
.vt-chart-bar { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 16px; margin: 2px 0 8px; font-size: 12px; }
.vt-chart-bar .vt-button { margin-left: auto; }
`;
