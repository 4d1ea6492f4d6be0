import { choosableHeatmap } from "./choosableHeatmap.ts";
import type { NumericArray } from "./numericArray.ts";
import type { Summary } from "./summarize.ts";

const BIN_COUNT = 48;
const HISTOGRAM = { width: 240, height: 60 };

/** The last two axes as a heatmap, one slice of the others at a time, or one axis as the `<img>` of a histogram. */
export function pictureOfNumbers(array: NumericArray, summary: Summary): string | null {
  if (summary.min === null || summary.max === null) return null;
  const [height = 1, width = 1] = array.shape.slice(-2);
  const isMatrix = array.shape.length >= 2 && height > 1 && width > 1;
  return isMatrix
    ? choosableHeatmap(array, Math.max(Math.abs(summary.min), Math.abs(summary.max)))
    : histogram(array, summary.min, summary.max);
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
  return `<img alt="histogram" style="max-width:100%;height:auto" width="${HISTOGRAM.width}" height="${HISTOGRAM.height}" src="${source}">`;
}
