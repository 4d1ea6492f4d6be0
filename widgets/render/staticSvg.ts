import { toneRules } from "./chart/tones.ts";

/** Text made safe inside SVG text and attributes. */
export function escapeXml(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, "\uFFFD")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;");
}

/** The blues of the static pictures, from weak to strong; the ground stands for zero. */
const LIGHT = ["#d9e8f5", "#b3d3ea", "#7fb6d8", "#4a98c9", "#1764ab", "#08306b"];
const DARK = ["#1b3a57", "#1d4d77", "#1f5f94", "#3c8cc4", "#8fc3e8", "#eaf6ff"];
export const STATIC_LEVELS = LIGHT.length;

/** From far below zero to far above it; the middle one is zero. */
const LIGHT_SIGNED = [
  "#2166ac",
  "#6192c3",
  "#9bbad9",
  "#d0dde9",
  "#f7f7f7",
  "#f0cfd2",
  "#e09aa3",
  "#cb5766",
  "#b2182b",
];
const DARK_SIGNED = [
  "#63b3f4",
  "#5491c3",
  "#456f92",
  "#354d62",
  "#262b33",
  "#5c4246",
  "#92585a",
  "#c96f69",
  "#ff8577",
];
export const SIGNED_LEVELS = LIGHT_SIGNED.length;

/** Class b{i} strokes and class q{i} fills with the i-th blue. */
function levels(colours: readonly string[]): string {
  return colours.map((c, i) => `.b${i}{stroke:${c};fill:none}.q${i}{fill:${c}}`).join("");
}

/** Class d{i} fills with the i-th signed colour. */
function signed(colours: readonly string[]): string {
  return colours.map((c, i) => `.d${i}{fill:${c}}`).join("");
}

const LIGHT_RULES = `.g{fill:#fff;stroke:#d0d7de}.t{fill:#1f2328;font:12px system-ui,sans-serif}.h{font-weight:600;font-size:15px}.n{font-weight:600}
.m{fill:#5b636d;font:11px system-ui,sans-serif}.k{font-family:ui-monospace,monospace}.e{text-anchor:end}.c{text-anchor:middle}
.f{fill:#f3f4f6}.v{stroke:#fff}.l{stroke:#d0d7de;fill:none}.u{stroke:#c2410c;stroke-dasharray:3 2;fill:none}
${levels(LIGHT)}${signed(LIGHT_SIGNED)}${toneRules("light")}`;
const DARK_RULES = `.g{fill:#15181d;stroke:#343b45}.t{fill:#e4e7eb}.m{fill:#9aa4b0}.f{fill:#23272e}.v{stroke:#15181d}.l{stroke:#343b45}.u{stroke:#ff9d5c}
${levels(DARK)}${signed(DARK_SIGNED)}${toneRules("dark")}`;
const ALONE = `<style>
${LIGHT_RULES}
@media (prefers-color-scheme:dark){
${DARK_RULES}}
</style>`;

/**
 * A whole SVG on a ground of its own, so that it can be read on light and dark pages alike; as an image it turns dark where
 * the reader's system is dark.
 */
export function staticSvg(
  width: number,
  height: number,
  description: string,
  content: string,
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(description)}">
<title>${escapeXml(description)}</title>
${ALONE}
<rect class="g" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="6"/>
${content}
</svg>`;
}

const IN_PAGE = `<style>${scoped(LIGHT_RULES, ".vt-static")}${scoped(DARK_RULES, '[data-jp-theme-light="false"] .vt-static')}
.vt-static{max-width:100%;height:auto}.vt-static-text{display:none}</style>`;

/**
 * The same picture as a part of a page: dark where Jupyter's page is, whatever the system is, and never wider than its place.
 * The text is for pages that take the picture and the styles away, as Jupyter does in a notebook that is not trusted.
 * @param svg what `staticSvg` made
 */
export function pictureInPage(svg: string, text: string): string {
  const picture = svg.replace(ALONE, IN_PAGE).replace("<svg ", '<svg class="vt-static" ');
  const lines = text.split("\n").map(escapeXml);
  return `${picture}<pre class="vt-static-text">${lines.join("\n")}</pre>`;
}

/** Rules that hold below an element alone. */
function scoped(rules: string, ancestor: string): string {
  return rules.replace(/[^{}]+(?=\{)/g, (selector) => `${ancestor} ${selector.trim()}`);
}

/** Coordinates without needless digits. */
export function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}
