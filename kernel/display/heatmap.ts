import { encodePng } from "./encodePng.ts";
import type { NumericArray } from "./numericArray.ts";

type Colour = readonly [red: number, green: number, blue: number];
const ZERO: Colour = [247, 247, 247];
const HIGH: Colour = [178, 24, 43];
const LOW: Colour = [33, 102, 172];
const MISSING: Colour = [128, 128, 128];

/** Of a matrix, the rows and columns that are drawn: all, or as many at even distances. */
export interface HeatmapSize {
  readonly height: number;
  readonly width: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * A PNG in base64: blue below zero, red above, grey where an element is not finite.
 * @param offset of the matrix's first element in the data
 * @param scale the absolute value that is drawn in full colour
 */
export function heatmap(
  data: NumericArray["data"],
  offset: number,
  { height, width, rows, columns }: HeatmapSize,
  scale: number,
): string {
  const pixels = new Uint8Array(rows * columns * 4);
  for (let y = 0; y < rows; y++) {
    const row = offset + Math.floor((y * height) / rows) * width;
    for (let x = 0; x < columns; x++) {
      const value = Number(data[row + Math.floor((x * width) / columns)]);
      const at = (y * columns + x) * 4;
      pixels.set(colourOf(value, scale), at);
      pixels[at + 3] = 255;
    }
  }
  return encodePng(columns, rows, pixels).toString("base64");
}

function colourOf(value: number, scale: number): Colour {
  if (!Number.isFinite(value)) return MISSING;
  const share = scale === 0 ? 0 : Math.min(1, Math.abs(value) / scale);
  const end = value < 0 ? LOW : HIGH;
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(ZERO[channel] + (end[channel] - ZERO[channel]) * share);
  return [mix(0), mix(1), mix(2)];
}
