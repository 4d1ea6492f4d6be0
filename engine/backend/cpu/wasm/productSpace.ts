import { blockRows, sumBytes } from "./floatProduct";
import { panelRows } from "./panels";

/*
 * The scratch of a product, of `panelSpaceBytes` in prepareContext.ts: sums of a panel, scales of k/16 blocks, a panel of floats or of
 * whole numbers, packed rows of x, and rows in whole numbers behind their addresses.
 */

export function scalesIn(space: usize): usize {
  return space + sumBytes;
}

export function panelIn(space: usize, k: i32): usize {
  return scalesIn(space) + ((((<usize>k) << 1) + 63) & ~63);
}

export function rowsIn(space: usize, k: i32): usize {
  return panelIn(space, k) + ((<usize>(k + 1)) << 5);
}

/** Behind `rows` packed rows, at most a block's, of whole numbers with their scales. */
export function integersIn(space: usize, k: i32, rows: i32): usize {
  const packed = <usize>((min(rows, blockRows) + 3) & ~3);
  return rowsIn(space, k) + packed * (((<usize>k) << 2) + (<usize>k >> 3));
}

/** Eight sums, of which `count` are real. */
export function storeSums(sums: usize, out: usize, count: i32): void {
  if (count === panelRows) {
    v128.store(out, v128.load(sums));
    v128.store(out, v128.load(sums, 16), 16);
  } else memory.copy(out, sums, (<usize>count) << 2);
}
