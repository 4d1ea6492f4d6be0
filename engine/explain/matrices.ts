import { normalizeRow } from "../backend/reference/operators/rmsNorm.ts";

/** Row-major, in float64. */
export interface Matrix {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** The matrix times a column. */
export function times({ data, rows, columns }: Matrix, x: Float64Array): Float64Array {
  const out = new Float64Array(rows);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let j = 0; j < columns; j++) sum += (data[i * columns + j] as number) * (x[j] as number);
    out[i] = sum;
  }
  return out;
}

/** RMS norm over each run of as many numbers as there are scales. */
export function normalised(x: Float64Array, scales: Float64Array, eps: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += scales.length)
    normalizeRow(x, start, scales, eps, out, start);
  return out;
}
