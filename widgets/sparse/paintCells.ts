import { interpolateRgb, rgb } from "d3";
import { divergingScale } from "../render/diverging.ts";
import { rampColour, type Theme } from "../render/theme.ts";
import type { Kind } from "./data.ts";
import type { Tile } from "./store.ts";

export type ScaleName = "linear" | "log";

const SHADES = 128;
/** The least share of the largest that a logarithmic scale tells from 0. */
const LEAST = 1e-4;

/** A cell's colour at t in -1..1; what no query sees has none. */
export function cellColour(kind: Kind, theme: Theme): (t: number) => string {
  if (kind === "scores") return divergingScale(theme);
  const dropped = interpolateRgb(theme.mask, theme.selection);
  if (kind === "kept") return (t) => (t === 0 ? theme.mask : rampColour(theme, 0.25 + 0.5 * t));
  return (t) => (t < 0 ? dropped(Math.min(1, -t)) : rampColour(theme, t));
}

/** The strength of a number in -1..1, of the farthest from 0 that is drawn; shares of kept keys are themselves. */
export function strength(x: number, largest: number, kind: Kind, scale: ScaleName): number {
  if (kind === "kept" || x === 0 || largest === 0) return x;
  const share = Math.abs(x) / largest;
  const t = scale === "linear" ? share : Math.max(0, 1 + Math.log(share) / -Math.log(LEAST));
  return Math.sign(x) * Math.min(1, t);
}

/** One pixel for each cell; cells that no query sees are clear. */
export function paintCells(
  canvas: HTMLCanvasElement,
  { cells, kind, largest }: Tile,
  size: { readonly rows: number; readonly columns: number },
  scale: ScaleName,
  theme: Theme,
): void {
  canvas.width = size.columns;
  canvas.height = size.rows;
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser gives no 2D canvas.");
  const image = context.createImageData(size.columns, size.rows);
  const colour = cellColour(kind, theme);
  const table = Array.from({ length: 2 * SHADES + 1 }, (_, i) => {
    const { r, g, b } = rgb(colour(i / SHADES - 1));
    return [r, g, b, 255];
  });
  cells.forEach((x, i) => {
    if (Number.isNaN(x)) return;
    const t = strength(x, largest, kind, scale);
    image.data.set(table[Math.round((t + 1) * SHADES)] ?? [], 4 * i);
  });
  context.putImageData(image, 0, 0);
}
