import type { HostArray } from "../tensor/tensor.ts";

/** Rows times a dictionary's encoder: (n, dIn) to (n, F). */
export type Products = (rows: Float64Array, count: number) => Float64Array | Promise<Float64Array>;

/** Rows that share one pass over the weights. */
const ROWS_AT_ONCE = 4;

/** On the host, in float64: every sum in the order of the input's numbers. */
export function hostProducts(encoder: HostArray, dIn: number): Products {
  const width = encoder.length / dIn;
  return (rows, count) => {
    const out = new Float64Array(count * width);
    for (let first = 0; first < count; first += ROWS_AT_ONCE) {
      const last = Math.min(count, first + ROWS_AT_ONCE);
      for (let i = 0; i < dIn; i++) {
        const weights = encoder.subarray(i * width, (i + 1) * width);
        for (let row = first; row < last; row++) {
          const x = rows[row * dIn + i] as number;
          if (x === 0) continue;
          const at = row * width;
          for (let f = 0; f < width; f++)
            out[at + f] = (out[at + f] as number) + x * (weights[f] as number);
        }
      }
    }
    return out;
  };
}
