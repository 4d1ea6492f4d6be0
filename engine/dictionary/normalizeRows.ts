import type { RowNormalization } from "./dictionaryConfig.ts";

/** Rows as an encoder takes them, and the way back: a reconstruction times its row's scale, plus its shift. */
export interface NormalizedRows {
  readonly rows: Float64Array; // (P, dIn)
  readonly scale: Float64Array; // (P)
  readonly shift: Float64Array; // (P)
}

const LAYER_NORM_EPS = 1e-5;

/** Each row by itself. A row of zeros stays one. */
export function normalizeRows(
  rows: Float64Array,
  width: number,
  kind: RowNormalization,
): NormalizedRows {
  const count = rows.length / width;
  const scale = new Float64Array(count).fill(1);
  const shift = new Float64Array(count);
  if (kind === "none") return { rows, scale, shift };
  const out = rows.slice();
  for (let p = 0; p < count; p++) {
    const row = out.subarray(p * width, (p + 1) * width);
    if (kind === "layer_norm") {
      const mean = row.reduce((sum, x) => sum + x, 0) / width;
      const square = row.reduce((sum, x) => sum + (x - mean) ** 2, 0);
      const deviation = Math.sqrt(square / (width - 1)); // torch's std: of a sample
      for (let i = 0; i < width; i++)
        row[i] = ((row[i] as number) - mean) / (deviation + LAYER_NORM_EPS);
      scale[p] = deviation;
      shift[p] = mean;
    } else {
      const norm = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
      scale[p] = norm / Math.sqrt(width);
      if (norm > 0) for (let i = 0; i < width; i++) row[i] = (row[i] as number) / (scale[p] ?? 1);
    }
  }
  return { rows: out, scale, shift };
}
