import { svgElement } from "../element.ts";
import type { SvgNode } from "./svgNode.ts";

/** The element in the page that a node describes. */
export function drawSvg({ tag, attributes, children }: SvgNode): SVGElement {
  return svgElement(
    tag,
    attributes,
    ...children.map((child) => (typeof child === "string" ? child : drawSvg(child))),
  );
}
