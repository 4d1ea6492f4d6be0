import { short } from "../staticSvg.ts";

/** A rectangle in the drawing, in CSS pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const SIDES = ["top", "right", "bottom", "left"] as const;
const CLEAR = /^(transparent|rgba\(\d+, \d+, \d+, 0\))$/;

export const isClear = (colour: string): boolean => CLEAR.test(colour);

/** An element's ground, borders and rings as SVG. @param defs takes what is drawn by reference */
export function boxMarkup(box: Box, style: CSSStyleDeclaration, defs: string[]): string {
  const radius = Math.min(Number.parseFloat(style.borderTopLeftRadius) || 0, box.height / 2);
  const fill = fillOf(style, defs);
  const ground = fill === null ? "" : rect(box, radius, `fill="${fill}"`);
  return ground + bordersMarkup(box, radius, style) + ringMarkup(box, radius, style);
}

function fillOf(
  { backgroundImage, backgroundColor }: CSSStyleDeclaration,
  defs: string[],
): string | null {
  const gradient = /^linear-gradient\(to right, (.*)\)$/.exec(backgroundImage)?.[1];
  if (gradient !== undefined) {
    const stops = gradient.match(/rgba?\([^)]*\)/g) ?? [];
    const id = `gradient${defs.length}`;
    const marks = stops.map(
      (colour, i) => `<stop offset="${short(i / (stops.length - 1))}" stop-color="${colour}"/>`,
    );
    defs.push(`<linearGradient id="${id}">${marks.join("")}</linearGradient>`);
    return `url(#${id})`;
  }
  const hatch = /rgba?\([^)]*\)/.exec(backgroundImage)?.[0];
  if (hatch !== undefined) return hatch;
  return isClear(backgroundColor) ? null : backgroundColor;
}

function bordersMarkup(box: Box, radius: number, style: CSSStyleDeclaration): string {
  const borders = SIDES.map((side) => ({
    side,
    width: Number.parseFloat(style.getPropertyValue(`border-${side}-width`)) || 0,
    line: style.getPropertyValue(`border-${side}-style`),
    colour: style.getPropertyValue(`border-${side}-color`),
  })).filter(
    ({ width, line, colour }) => width > 0 && !/none|hidden/.test(line) && !isClear(colour),
  );
  const [first] = borders;
  if (first === undefined) return "";
  const isEven =
    borders.length === SIDES.length &&
    borders.every(({ width, colour }) => width === first.width && colour === first.colour);
  const strokeOf = ({ width, line, colour }: (typeof borders)[number]): string =>
    `fill="none" stroke="${colour}" stroke-width="${short(width)}"${/dash|dot/.test(line) ? ` stroke-dasharray="${short(3 * width)} ${short(2 * width)}"` : ""}`;
  if (isEven) return rect(inset(box, first.width / 2), radius - first.width / 2, strokeOf(first));
  const { x, y, width, height } = box;
  const lines = {
    top: (half: number) => `M${short(x)} ${short(y + half)}h${short(width)}`,
    bottom: (half: number) => `M${short(x)} ${short(y + height - half)}h${short(width)}`,
    left: (half: number) => `M${short(x + half)} ${short(y)}v${short(height)}`,
    right: (half: number) => `M${short(x + width - half)} ${short(y)}v${short(height)}`,
  };
  return borders
    .map((border) => `<path d="${lines[border.side](border.width / 2)}" ${strokeOf(border)}/>`)
    .join("");
}

/** Shadows without blur stand round an element as a ring does. */
function ringMarkup(box: Box, radius: number, { boxShadow }: CSSStyleDeclaration): string {
  const found = /^(rgba?\([^)]*\)) 0px 0px 0px ([\d.]+)px$/.exec(boxShadow);
  if (found === null) return "";
  const width = Number(found[2]);
  const stroke = `fill="none" stroke="${found[1]}" stroke-width="${short(width)}"`;
  return rect(inset(box, -width / 2), radius + width / 2, stroke);
}

function inset({ x, y, width, height }: Box, by: number): Box {
  return { x: x + by, y: y + by, width: width - 2 * by, height: height - 2 * by };
}

export function rect({ x, y, width, height }: Box, radius: number, paint: string): string {
  const round = radius > 0 ? ` rx="${short(radius)}"` : "";
  return `<rect x="${short(x)}" y="${short(y)}" width="${short(Math.max(0, width))}" height="${short(Math.max(0, height))}"${round} ${paint}/>`;
}
