import { encodePng } from "./encodePng.ts";
import type { NumericArray } from "./numericArray.ts";
import type { Summary } from "./summarize.ts";

const BIN_COUNT = 48;
const HISTOGRAM = { width: 240, height: 60 };
const MAX_HEATMAP_SIDE = 256;
const SHOWN_HEATMAP_SIDE = 240;

type Colour = readonly [red: number, green: number, blue: number];
const ZERO: Colour = [247, 247, 247];
const HIGH: Colour = [178, 24, 43];
const LOW: Colour = [33, 102, 172];
const MISSING: Colour = [128, 128, 128];

/** An `<img>` of the last two axes (the first slice of the others) as a heatmap, or of one axis as a histogram. */
export function pictureOfNumbers(array: NumericArray, summary: Summary): string | null {
  if (summary.min === null || summary.max === null) return null;
  const [height = 1, width = 1] = array.shape.slice(-2);
  const isMatrix = array.shape.length >= 2 && height > 1 && width > 1;
  return isMatrix
    ? heatmap(array, height, width, Math.max(Math.abs(summary.min), Math.abs(summary.max)))
    : histogram(array, summary.min, summary.max);
}

/** Blue below zero, red above, grey where an element is not finite; large matrices show every n-th row and column. */
function heatmap({ data }: NumericArray, height: number, width: number, scale: number): string {
  const rows = Math.min(height, MAX_HEATMAP_SIDE);
  const columns = Math.min(width, MAX_HEATMAP_SIDE);
  const pixels = new Uint8Array(rows * columns * 4);
  for (let y = 0; y < rows; y++) {
    const row = Math.floor((y * height) / rows);
    for (let x = 0; x < columns; x++) {
      const value = Number(data[row * width + Math.floor((x * width) / columns)]);
      const at = (y * columns + x) * 4;
      pixels.set(colourOf(value, scale), at);
      pixels[at + 3] = 255;
    }
  }
  const zoom = Math.max(1, Math.min(12, SHOWN_HEATMAP_SIDE / Math.max(rows, columns)));
  const size = `width="${Math.round(columns * zoom)}" height="${Math.round(rows * zoom)}"`;
  const source = `data:image/png;base64,${encodePng(columns, rows, pixels).toString("base64")}`;
  return `<img alt="heatmap" ${size} style="image-rendering:pixelated" src="${source}">`;
}

function colourOf(value: number, scale: number): Colour {
  if (!Number.isFinite(value)) return MISSING;
  const share = scale === 0 ? 0 : Math.min(1, Math.abs(value) / scale);
  const end = value < 0 ? LOW : HIGH;
  const mix = (channel: 0 | 1 | 2): number =>
    Math.round(ZERO[channel] + (end[channel] - ZERO[channel]) * share);
  return [mix(0), mix(1), mix(2)];
}

function histogram({ data }: NumericArray, min: number, max: number): string {
  const counts = new Float64Array(BIN_COUNT);
  const width = (max - min) / BIN_COUNT;
  for (const element of data) {
    const value = Number(element);
    if (!Number.isFinite(value)) continue;
    const bin = width > 0 ? Math.min(BIN_COUNT - 1, Math.floor((value - min) / width)) : 0;
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  const barWidth = HISTOGRAM.width / BIN_COUNT;
  const bars = Array.from(counts, (count, index) => {
    const height = count === 0 ? 0 : Math.max(1, (count / most) * HISTOGRAM.height);
    const y = (HISTOGRAM.height - height).toFixed(1);
    return `<rect x="${index * barWidth}" y="${y}" width="${barWidth - 1}" height="${height.toFixed(1)}"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${HISTOGRAM.width}" height="${HISTOGRAM.height}" fill="#4477aa">${bars.join("")}</svg>`;
  const source = `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
  return `<img alt="histogram" width="${HISTOGRAM.width}" height="${HISTOGRAM.height}" src="${source}">`;
}
