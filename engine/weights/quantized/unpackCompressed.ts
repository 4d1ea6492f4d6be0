import { unpackFields } from "./bitFields.ts";

/** Signed bytes as numbers from 0 to 255, 128 more. */
export function unsignedBytes(bytes: Uint8Array, out: Uint8Array): void {
  for (let i = 0; i < out.length; i++) out[i] = (bytes[i] as number) ^ 0x80;
}

/** Rows of `columns` numbers that are packed one by one, in whole words each: as many as `out` has room for. */
export function unpackRows(
  words: Uint32Array,
  bits: number,
  columns: number,
  out: Uint8Array,
): void {
  const width = words.length / (out.length / columns);
  for (let at = 0; at < out.length; at += columns)
    unpackFields({ words, bits, start: (at / columns) * width, stride: 1 }, out, at, columns);
}

/** Numbers (R, C) that are packed along their columns. */
export function unpackColumns(
  words: Uint32Array,
  bits: number,
  [rows, columns]: readonly [number, number],
): Uint8Array {
  const out = new Uint8Array(rows * columns);
  const column = new Uint8Array(rows);
  for (let c = 0; c < columns; c++) {
    unpackFields({ words, bits, start: c, stride: columns }, column, 0, rows);
    for (let r = 0; r < rows; r++) out[r * columns + c] = column[r] as number;
  }
  return out;
}

/** One row of `width` for every block of rows, written out for each of `rows`. */
export function repeatRows<A extends Int16Array | Float32Array>(
  values: A,
  width: number,
  rows: number,
  blockRows: number,
): A {
  if (blockRows === 1) return values;
  const out =
    values instanceof Int16Array ? new Int16Array(rows * width) : new Float32Array(rows * width);
  for (let i = 0; i < out.length; i++) {
    const block = Math.floor(Math.floor(i / width) / blockRows);
    out[i] = values[block * width + (i % width)] as number;
  }
  return out as A;
}
