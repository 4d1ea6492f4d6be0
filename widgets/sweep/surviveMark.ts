import { SIGNED_LEVELS, short } from "../render/staticSvg.ts";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const OUTLINE = 1.5;
const STRIPE = 0.9;
const APART = 5;

/**
 * An outline of ink and a hatch for a static picture. The hatch has a colour that can be seen on the cell's own in the light and in the
 * dark: that of zero on the strongest, ink on the others.
 * @param level of the signed colours; the one behind them for what is not finite
 */
export function surviveMark(box: Box, level: number): string {
  const isStrong = level <= 1 || (level >= SIGNED_LEVELS - 2 && level < SIGNED_LEVELS);
  const style = isStrong ? `d${(SIGNED_LEVELS - 1) / 2}` : "t";
  return `<path class="${style}" opacity=".6" d="${hatch(box)}"/><path class="t" fill-rule="evenodd" d="${outline(box)}"/>`;
}

function outline({ x, y, width, height }: Box): string {
  const rectangle = (by: number): string =>
    `M${short(x + by)} ${short(y + by)}h${short(width - 2 * by)}v${short(height - 2 * by)}h${short(2 * by - width)}z`;
  return rectangle(0) + rectangle(Math.min(OUTLINE, width / 4, height / 4));
}

/** Stripes that rise to the right, cut off at the cell's edges. */
function hatch({ x, y, width, height }: Box): string {
  let d = "";
  // a stripe is where x + y, counted from the lower left corner, is between two numbers
  for (let from = APART / 2; from < width + height; from += APART) {
    const points = stripe(from, from + STRIPE, width, height);
    if (points.length < 3) continue;
    d += `M${points.map(([px, py]) => `${short(x + px)} ${short(y + height - py)}`).join("L")}z`;
  }
  return d;
}

type Point = readonly [x: number, y: number];

/** The part of a rectangle in which from <= x + (height - y) <= to, y upwards. */
function stripe(from: number, to: number, width: number, height: number): Point[] {
  const value = ([px, py]: Point): number => px + height - py;
  const corners: Point[] = [
    [0, 0],
    [width, 0],
    [width, height],
    [0, height],
  ];
  const below = clip(corners, (point) => value(point) - from);
  return clip(below, (point) => to - value(point));
}

/** A polygon cut to where a linear function is not below 0. */
function clip(points: readonly Point[], of: (point: Point) => number): Point[] {
  return points.flatMap((point, i) => {
    const next = points[(i + 1) % points.length] as Point;
    const [a, b] = [of(point), of(next)];
    const share = a / (a - b);
    const crossing: Point = [
      point[0] + share * (next[0] - point[0]),
      point[1] + share * (next[1] - point[1]),
    ];
    return [...(a >= 0 ? [point] : []), ...(a >= 0 !== b >= 0 ? [crossing] : [])];
  });
}
