import { escapeXml, short } from "../staticSvg.ts";
import type { Theme } from "../theme.ts";
import { type Box, boxMarkup, isClear, rect } from "./drawBox.ts";
import { svgMarkup } from "./drawSvg.ts";
import { lineMarkup, textMarkup } from "./drawText.ts";

/** Parts of a picture that act and show nothing. */
const LEFT_OUT = "button, .vt-save, .vt-actions, .vt-live, .vt-table-host, style, script, [hidden]";

export interface Drawing {
  readonly svg: string;
  readonly width: number;
  readonly height: number;
}

/**
 * What a picture shows now as one SVG, with the theme's colours written into it: texts as text, overlays as shapes, canvases as images.
 * It has no styles, no scripts and no markup of HTML, so that every program that reads SVG draws it.
 */
export function drawingOf(root: HTMLElement, theme: Theme): Drawing {
  const origin = root.getBoundingClientRect();
  const [width, height] = [Math.ceil(origin.width), Math.ceil(origin.height)];
  const defs: string[] = [];
  const boxOf = (box: DOMRect): Box => ({
    ...{ x: box.x - origin.x, y: box.y - origin.y },
    ...{ width: box.width, height: box.height },
  });

  function draw(element: Element): string {
    const style = getComputedStyle(element);
    if (style.display === "none" || style.visibility === "hidden" || element.matches(LEFT_OUT))
      return "";
    const box = boxOf(element.getBoundingClientRect());
    if (element instanceof SVGSVGElement) return svgMarkup(element, box);
    if (element instanceof HTMLCanvasElement) return canvasMarkup(element, box);
    const ground = boxMarkup(box, style, defs);
    const inside =
      element instanceof HTMLInputElement
        ? inputMarkup(element, box, style, theme)
        : element instanceof HTMLSelectElement
          ? fieldMarkup(element.selectedOptions[0]?.text ?? "", lineOf(element, box), style)
          : clipped(element, box, style, childrenMarkup(element, style));
    const markup = ground + inside;
    return style.opacity === "1" || markup === ""
      ? markup
      : `<g opacity="${style.opacity}">${markup}</g>`;
  }

  function childrenMarkup(element: Element, style: CSSStyleDeclaration): string {
    const isClosed = element instanceof HTMLDetailsElement && !element.open;
    return [...(isClosed ? element.querySelectorAll("summary") : element.childNodes)]
      .map((child) =>
        child instanceof Text
          ? textMarkup(child, style, boxOf)
          : child instanceof Element
            ? draw(child)
            : "",
      )
      .join("");
  }

  /** What an element scrolls away is not on the screen. */
  function clipped(
    element: Element,
    box: Box,
    { overflowX, overflowY }: CSSStyleDeclaration,
    markup: string,
  ): string {
    const isWider = overflowX !== "visible" && element.scrollWidth > element.clientWidth + 1;
    const isHigher = overflowY !== "visible" && element.scrollHeight > element.clientHeight + 1;
    if (markup === "" || !(isWider || isHigher)) return markup;
    const id = `clip${defs.length}`;
    defs.push(`<clipPath id="${id}">${rect(box, 0, "")}</clipPath>`);
    return `<g clip-path="url(#${id})">${markup}</g>`;
  }

  const content = draw(root);
  const title = escapeXml(root.getAttribute("aria-label") ?? "");
  const ground = rect({ x: 0, y: 0, width, height }, 0, `fill="${theme.ground}"`);
  return {
    width,
    height,
    svg: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">
<title>${title}</title>
<defs>${defs.join("")}</defs>
${ground}${content}
</svg>`,
  };
}

function canvasMarkup(canvas: HTMLCanvasElement, { x, y, width, height }: Box): string {
  if (canvas.width * canvas.height === 0 || width * height === 0) return "";
  return `<image x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" preserveAspectRatio="none" href="${canvas.toDataURL()}"/>`;
}

function inputMarkup(
  input: HTMLInputElement,
  box: Box,
  style: CSSStyleDeclaration,
  theme: Theme,
): string {
  const { x, y, width, height } = box;
  if (style.opacity === "0") return "";
  if (input.type === "checkbox") {
    const fill = input.checked ? theme.data : "none";
    const mark = input.checked
      ? `<path d="M${short(x + width * 0.22)} ${short(y + height * 0.52)}l${short(width * 0.2)} ${short(height * 0.2)}l${short(width * 0.36)} ${short(-height * 0.42)}" fill="none" stroke="${theme.ground}" stroke-width="2"/>`
      : "";
    return `${rect(box, 2, `fill="${fill}" stroke="${input.checked ? theme.data : theme.muted}"`)}${mark}`;
  }
  if (input.type === "range") {
    const [min, max] = [Number(input.min || 0), Number(input.max || 100)];
    const at = x + (width * (input.valueAsNumber - min)) / (max - min || 1);
    const middle = short(y + height / 2);
    return `<path d="M${short(x)} ${middle}h${short(width)}" stroke="${theme.faint}" stroke-width="4"/><circle cx="${short(at)}" cy="${middle}" r="6" fill="${theme.data}"/>`;
  }
  return isClear(style.color) ? "" : fieldMarkup(input.value, box, style);
}

/** Where an open list has its first line. */
const lineOf = ({ size }: HTMLSelectElement, box: Box): Box =>
  size > 1 ? { ...box, height: box.height / size } : box;

let measuring: CanvasRenderingContext2D | null = null;

function fieldMarkup(text: string, box: Box, style: CSSStyleDeclaration): string {
  if (text === "") return "";
  const left = Number.parseFloat(style.paddingLeft) + Number.parseFloat(style.borderLeftWidth);
  measuring ??= document.createElement("canvas").getContext("2d");
  if (measuring === null) return "";
  measuring.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
  const width = Math.min(measuring.measureText(text).width, box.width - left);
  return lineMarkup(text, { ...box, x: box.x + left, width }, style);
}
