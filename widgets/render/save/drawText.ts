import { escapeXml, short } from "../staticSvg.ts";
import type { Box } from "./drawBox.ts";

type BoxOf = (rect: DOMRect) => Box;

/** A text node's lines as SVG, each as wide as on the page, whatever font the reader has. */
export function textMarkup(node: Text, style: CSSStyleDeclaration, boxOf: BoxOf): string {
  return linesOf(node)
    .map(({ text, rect }) => lineMarkup(text, boxOf(rect), style))
    .join("");
}

/** A field's text, which no text node has. */
export function lineMarkup(text: string, box: Box, style: CSSStyleDeclaration): string {
  const { ascent, descent } = metricsOf(style);
  const baseline = box.y + (box.height - ascent - descent) / 2 + ascent;
  const decorated = style.textTransform === "uppercase" ? text.toUpperCase() : text;
  return `<text x="${short(box.x)}" y="${short(baseline)}" textLength="${short(box.width)}" lengthAdjust="spacingAndGlyphs" style="white-space:pre" fill="${style.color}" ${fontOf(style)}>${escapeXml(decorated)}</text>`;
}

function fontOf({ fontSize, fontFamily, fontWeight, fontStyle }: CSSStyleDeclaration): string {
  const family = fontFamily.replaceAll('"', "'");
  return `font-size="${fontSize}" font-family="${escapeXml(family)}"${fontWeight === "400" ? "" : ` font-weight="${fontWeight}"`}${fontStyle === "normal" ? "" : ` font-style="${fontStyle}"`}`;
}

/** Splits a text where the page broke it. */
function linesOf(node: Text): { readonly text: string; readonly rect: DOMRect }[] {
  const range = document.createRange();
  const rectOf = (start: number, end: number): DOMRect => {
    range.setStart(node, start);
    range.setEnd(node, end);
    return range.getBoundingClientRect();
  };
  const { data } = node;
  range.selectNodeContents(node);
  const [first, second] = range.getClientRects();
  if (first === undefined) return [];
  if (second === undefined) return data.trim() === "" ? [] : [{ text: trimmed(data), rect: first }];
  const lines: { text: string; rect: DOMRect }[] = [];
  let start = 0;
  let top = Number.NaN;
  const end = (at: number): void => {
    const text = data.slice(start, at);
    if (text.trim() !== "") lines.push({ text: trimmed(text), rect: rectOf(start, at) });
    start = at;
  };
  for (let at = 0; at < data.length; at++) {
    const { top: here, width } = rectOf(at, at + 1);
    if (width === 0) continue;
    if (Math.abs(here - top) > 2) end(at);
    top = here;
  }
  end(data.length);
  return lines;
}

/** White space is drawn as wide as the page drew it: one blank for several. */
const trimmed = (text: string): string => text.replace(/\s+/g, " ");

let measuring: CanvasRenderingContext2D | null = null;

function metricsOf({ fontStyle, fontWeight, fontSize, fontFamily }: CSSStyleDeclaration): {
  readonly ascent: number;
  readonly descent: number;
} {
  measuring ??= document.createElement("canvas").getContext("2d");
  if (measuring === null) throw new Error("This browser gives no 2D canvas.");
  measuring.font = `${fontStyle} ${fontWeight} ${fontSize} ${fontFamily}`;
  const { fontBoundingBoxAscent: ascent, fontBoundingBoxDescent: descent } =
    measuring.measureText("x");
  return { ascent, descent };
}
