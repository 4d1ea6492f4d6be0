/** Columns of rows: their means, and their standard deviations. */
export interface Columns {
  readonly mean: Float64Array;
  /** Of all rows, not of a sample; 0 where a column is the same in all. */
  readonly deviation: Float64Array;
}

/** Means are added up from the first row on, so that those of columns that are the same in all rows are not rounded. */
export function columnsOf(rows: Float64Array, width: number): Columns {
  const count = rows.length / width;
  const mean = rows.slice(0, width);
  const deviation = new Float64Array(width);
  for (const [i, x] of rows.entries()) {
    const j = i % width;
    mean[j] = (mean[j] as number) + (x - (rows[j] as number)) / count;
  }
  for (const [i, x] of rows.entries()) {
    const j = i % width;
    deviation[j] = (deviation[j] as number) + (x - (mean[j] as number)) ** 2 / count;
  }
  return { mean, deviation: deviation.map(Math.sqrt) };
}

/** Rows whose columns have the mean 0 and the deviation 1; those that are the same in all rows are 0. */
export function standardized(rows: Float64Array, { mean, deviation }: Columns): Float64Array {
  const width = mean.length;
  return rows.map((x, i) => {
    const j = i % width;
    const by = deviation[j] as number;
    return by === 0 ? 0 : (x - (mean[j] as number)) / by;
  });
}
