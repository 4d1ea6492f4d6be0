/** Columns that are shown of many. */
export interface ColumnWindow {
  readonly first: number;
  readonly count: number;
}

/** As many columns as fit, at least one. */
export function columnsThatFit(room: number, least: number, total: number): number {
  return Math.max(1, Math.min(total, Math.floor(room / least)));
}

/** The window moved as little as brings a column into it; null: where it stands, within its ends. */
export function windowWith(
  { first, count }: ColumnWindow,
  column: number | null,
  total: number,
): ColumnWindow {
  const held = Math.max(0, Math.min(first, total - count));
  if (column === null) return { first: held, count };
  if (column < held) return { first: column, count };
  return { first: Math.max(held, column - count + 1), count };
}

/** Means of a row's numbers over as many runs of neighbours as there is room for; NaN is left out. */
export function pooledMeans(values: ArrayLike<number>, nBins: number): Float32Array {
  const bins = Math.min(nBins, values.length);
  return Float32Array.from({ length: bins }, (_, bin) => {
    const start = Math.floor((bin * values.length) / bins);
    const end = Math.floor(((bin + 1) * values.length) / bins);
    let [sum, n] = [0, 0];
    for (let i = start; i < end; i++) {
      const value = values[i] as number;
      if (Number.isNaN(value)) continue;
      sum += value;
      n++;
    }
    return n === 0 ? Number.NaN : sum / n;
  });
}
