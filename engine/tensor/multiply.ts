/** Row-major. */
export interface MatrixNumbers {
  readonly data: ArrayLike<number>;
  readonly rows: number;
  readonly columns: number;
}

/** a b in float64, (a.rows, b.columns). */
export function multiply(a: MatrixNumbers, b: MatrixNumbers): Float64Array {
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
