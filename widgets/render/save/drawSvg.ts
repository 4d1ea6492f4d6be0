import { short } from "../staticSvg.ts";
import type { Box } from "./drawBox.ts";

/** What a page's styles say of an SVG element, with what holds where they say nothing. */
const PROPERTIES: readonly (readonly [name: string, initial: string])[] = [
  ["fill", "rgb(0, 0, 0)"],
  ["fill-opacity", "1"],
  ["stroke", "none"],
  ["stroke-width", "1px"],
  ["stroke-opacity", "1"],
  ["stroke-dasharray", "none"],
  ["stroke-linecap", "butt"],
  ["stroke-linejoin", "miter"],
  ["paint-order", "normal"],
  ["opacity", "1"],
  ["text-anchor", "start"],
  ["dominant-baseline", "auto"],
  ["font-family", ""],
  ["font-size", ""],
  ["font-weight", "400"],
  ["font-style", "normal"],
  ["shape-rendering", "auto"],
];
const OF_TEXT = /^(font-|text-|dominant)/;

/** An SVG element of the page with its styles written into it, at its place in the drawing. */
export function svgMarkup(svg: SVGSVGElement, { x, y, width, height }: Box): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = [svg, ...svg.querySelectorAll<SVGElement>("*")];
  const copies = [copy, ...copy.querySelectorAll<SVGElement>("*")];
  originals.forEach((original, i) => {
    const target = copies[i];
    if (target !== undefined) writeStyles(original, target);
  });
  const place = { x, y, width, height };
  for (const [name, value] of Object.entries(place)) copy.setAttribute(name, short(value));
  if (!copy.hasAttribute("viewBox"))
    copy.setAttribute("viewBox", `0 0 ${short(width)} ${short(height)}`);
  copy.setAttribute("overflow", getComputedStyle(svg).overflow);
  return new XMLSerializer().serializeToString(copy);
}

function writeStyles(original: SVGElement, copy: SVGElement): void {
  const style = getComputedStyle(original);
  for (const name of ["class", "style", "tabindex", "role"]) copy.removeAttribute(name);
  for (const { name } of [...copy.attributes])
    if (/^(aria-|data-)/.test(name)) copy.removeAttribute(name);
  if (style.display === "none" || style.visibility === "hidden") {
    copy.replaceChildren();
    copy.setAttribute("display", "none");
    return;
  }
  const isText = /^(text|tspan)$/.test(original.localName);
  if (/^(svg|g|title|desc|defs|clipPath)$/.test(original.localName)) {
    if (style.opacity !== "1") copy.setAttribute("opacity", style.opacity);
    return;
  }
  for (const [name, initial] of PROPERTIES) {
    const value = style.getPropertyValue(name);
    copy.removeAttribute(name);
    if (value !== initial && (isText || !OF_TEXT.test(name))) copy.setAttribute(name, value);
  }
}
