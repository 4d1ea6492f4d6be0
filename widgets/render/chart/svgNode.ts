import { escapeXml } from "../staticSvg.ts";

/** An element of SVG as plain data: put into a page by `drawSvg`, written into a static picture by `svgMarkup`. */
export interface SvgNode {
  readonly tag: keyof SVGElementTagNameMap;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly children: readonly (SvgNode | string)[];
}

export function svg(
  tag: SvgNode["tag"],
  attributes: SvgNode["attributes"],
  ...children: SvgNode["children"]
): SvgNode {
  return { tag, attributes, children };
}

/** Text in one of the classes of `staticSvg`: t ink, m muted, n a name that counts, e ends at x, c is centred on x. */
export function svgLabel(style: string, x: number, y: number, text: string): SvgNode {
  return svg("text", { class: style, x: round(x), y: round(y) }, text);
}

/** As text of an SVG file; a picture's own elements and escaped text, nothing else. */
export function svgMarkup({ tag, attributes, children }: SvgNode): string {
  const given = Object.entries(attributes).map(
    ([key, value]) => ` ${key}="${escapeXml(String(value))}"`,
  );
  const inner = children.map((c) => (typeof c === "string" ? escapeXml(c) : svgMarkup(c))).join("");
  return `<${tag}${given.join("")}>${inner}</${tag}>`;
}

/** Coordinates without needless digits. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
