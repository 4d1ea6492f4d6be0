import type { NumbersSource } from "./stepperSource.ts";

/** Most rows and columns of numbers that travel at once: 128 x 512 x 8 bytes is half a megabyte. */
export const WINDOW_ROWS = 128;
export const WINDOW_COLUMNS = 512;
/** Cells on a side of a slice's thumbnail, and fewer where there are many slices. */
const THUMBNAIL_CELLS = 32;
const SMALL_THUMBNAIL_CELLS = 16;
const MANY_SLICES = 64;
/** More slices than this have no thumbnails: 256 x 16 x 16 x 4 bytes. */
export const MOST_THUMBNAILS = 256;
const BINS = 32;

/** How a value of any number of axes is taken as matrices of the same size. */
export interface Slices {
  readonly nSlices: number;
  /** Letter of the axis that the slices are of, "" where there is one. */
  readonly sliceDim: string;
  readonly nRows: number;
  readonly nColumns: number;
  readonly sliceStride: number;
  readonly rowStride: number;
}

/** Statistics of one matrix; what is not finite is counted apart. */
export interface Statistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  readonly nNotFinite: number;
  readonly histogram: readonly number[];
}

/** Rows are tokens: of (T, C) the only matrix, of (T, H, D) one for each head, of maps (H, T, S) as well. */
export function slicesOf({ shape, dims }: NumbersSource): Slices {
  const nColumns = shape.length > 1 ? (shape.at(-1) ?? 1) : 1;
  const middle = dims[0] === "T" ? shape.slice(1, -1) : shape.slice(0, -2);
  const nSlices = middle.reduce((product, n) => product * n, 1);
  const nRows = (dims[0] === "T" ? shape[0] : shape.at(-2)) ?? 1;
  const isRowsFirst = dims[0] === "T";
  return {
    nSlices,
    sliceDim: middle.length === 0 ? "" : ((isRowsFirst ? dims[1] : dims[0]) ?? ""),
    nRows,
    nColumns,
    sliceStride: isRowsFirst ? nColumns : nRows * nColumns,
    rowStride: isRowsFirst ? nSlices * nColumns : nColumns,
  };
}

export interface Window {
  readonly rowStart: number;
  readonly rowCount: number;
  readonly columnStart: number;
  readonly columnCount: number;
}

/** The window that a cell is in: windows lie side by side. */
export function windowOf({ nRows, nColumns }: Slices, row: number, column: number): Window {
  const rowStart = Math.floor(row / WINDOW_ROWS) * WINDOW_ROWS;
  const columnStart = Math.floor(column / WINDOW_COLUMNS) * WINDOW_COLUMNS;
  return {
    rowStart,
    rowCount: Math.min(WINDOW_ROWS, nRows - rowStart),
    columnStart,
    columnCount: Math.min(WINDOW_COLUMNS, nColumns - columnStart),
  };
}

/** A window's numbers, (rows, columns). */
export function windowNumbers(
  { data }: NumbersSource,
  slices: Slices,
  slice: number,
  { rowStart, rowCount, columnStart, columnCount }: Window,
): Float64Array {
  const out = new Float64Array(rowCount * columnCount);
  for (let r = 0; r < rowCount; r++) {
    const from = slice * slices.sliceStride + (rowStart + r) * slices.rowStride + columnStart;
    out.set(data.subarray(from, from + columnCount), r * columnCount);
  }
  return out;
}

/** The largest absolute value of all slices, so that they share one scale; what is not finite does not count. */
export function largestOf({ data }: NumbersSource): number {
  let largest = 0;
  for (const x of data) {
    const size = Math.abs(x);
    if (size > largest && size < Number.POSITIVE_INFINITY) largest = size;
  }
  return largest;
}

/** Of one slice, in float64. */
export function statisticsOf({ data }: NumbersSource, slices: Slices, slice: number): Statistics {
  let [min, max, sum, n] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  const each = (visit: (x: number) => void): void => {
    for (let r = 0; r < slices.nRows; r++) {
      const from = slice * slices.sliceStride + r * slices.rowStride;
      for (let c = 0; c < slices.nColumns; c++) {
        const x = data[from + c] ?? Number.NaN;
        if (Number.isFinite(x)) visit(x);
      }
    }
  };
  each((x) => {
    min = Math.min(min, x);
    max = Math.max(max, x);
    sum += x;
    n += 1;
  });
  const mean = sum / n;
  const histogram = new Array<number>(BINS).fill(0);
  const width = (max - min) / BINS;
  let squares = 0;
  each((x) => {
    squares += (x - mean) ** 2;
    const bin = width === 0 ? 0 : Math.min(BINS - 1, Math.floor((x - min) / width));
    histogram[bin] = (histogram[bin] ?? 0) + 1;
  });
  const nNotFinite = slices.nRows * slices.nColumns - n;
  return { min, max, mean, std: Math.sqrt(squares / n), nNotFinite, histogram };
}

/** Euclidean length of each row of a slice, (rows). */
export function rowNorms({ data }: NumbersSource, slices: Slices, slice: number): Float64Array {
  return Float64Array.from({ length: slices.nRows }, (_, r) => {
    const from = slice * slices.sliceStride + r * slices.rowStride;
    let sum = 0;
    for (let c = 0; c < slices.nColumns; c++) {
      const x = data[from + c] ?? 0;
      if (Number.isFinite(x)) sum += x * x;
    }
    return Math.sqrt(sum);
  });
}

export interface Thumbnails {
  readonly rows: number;
  readonly columns: number;
  /** (slices, rows, columns): of each block the number that is farthest from 0. */
  readonly cells: Float32Array;
}

/** All slices small, pooled to the number of each block that is farthest from 0. */
export function thumbnailsOf({ data }: NumbersSource, slices: Slices): Thumbnails {
  const { nSlices, nRows, nColumns, sliceStride, rowStride } = slices;
  const side = nSlices > MANY_SLICES ? SMALL_THUMBNAIL_CELLS : THUMBNAIL_CELLS;
  const rows = Math.min(side, nRows);
  const columns = Math.min(side, nColumns);
  const cells = new Float32Array(nSlices * rows * columns);
  for (let s = 0; s < nSlices; s++)
    for (let r = 0; r < nRows; r++)
      for (let c = 0; c < nColumns; c++) {
        const x = data[s * sliceStride + r * rowStride + c] ?? Number.NaN;
        const row = Math.floor((r * rows) / nRows);
        const at = (s * rows + row) * columns + Math.floor((c * columns) / nColumns);
        if (Number.isFinite(x) && Math.abs(x) > Math.abs(cells[at] ?? 0)) cells[at] = x;
      }
  return { rows, columns, cells };
}

/** The site's whole row of a token with one number changed: what `set` is given. */
export function rowWith(
  { data, dims }: NumbersSource,
  slices: Slices,
  cell: { readonly slice: number; readonly row: number; readonly column: number },
  number: number,
): Float64Array {
  const { nSlices, nColumns, rowStride, sliceStride } = slices;
  const isRowsFirst = dims[0] === "T";
  const width = isRowsFirst ? nSlices * nColumns : nColumns;
  const from = cell.row * rowStride + (isRowsFirst ? 0 : cell.slice * sliceStride);
  const row = Float64Array.from(data.subarray(from, from + width));
  row[(isRowsFirst ? cell.slice * nColumns : 0) + cell.column] = number;
  return row;
}

/** What comes beside a window's numbers and the norms of its rows. */
export interface WindowReply {
  readonly shape: readonly number[];
  readonly dims: readonly string[];
  readonly isF64: boolean;
  readonly slices: Slices;
  readonly slice: number;
  readonly window: Window;
  /** Of all slices. */
  readonly largest: number;
  /** Of the whole slice. */
  readonly statistics: Statistics;
}

export interface ThumbnailsReply {
  readonly nSlices: number;
  readonly rows: number;
  readonly columns: number;
}
