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

/** a b, (a.rows, b.columns). */
export function multiply(a: Matrix, b: Matrix): Float64Array {
  const out = new Float64Array(a.rows * b.columns);
  for (let i = 0; i < a.rows; i++)
    for (let k = 0; k < a.columns; k++) {
      const factor = a.data[i * a.columns + k] as number;
      for (let j = 0; j < b.columns; j++) {
        const at = i * b.columns + j;
        out[at] = (out[at] as number) + factor * (b.data[k * b.columns + j] as number);
      }
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
