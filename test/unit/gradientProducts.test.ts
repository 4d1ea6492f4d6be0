import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { addProduct } from "../../engine/gradient/products.ts";
import { Seeded } from "../differential/cases/seeded.ts";

const random = new Seeded(17);
const numbers = (n: number): Float64Array => Float64Array.from(random.floats(n));

/** The product by its definition, added to what is there. */
function plain(
  a: Float64Array,
  b: (row: number, column: number) => number,
  into: Float64Array,
  { rows, k, n, width }: { rows: readonly number[]; k: number; n: number; width: number },
): Float64Array {
  const sums = into.slice();
  rows.forEach((row, i) => {
    for (let column = 0; column < n; column++)
      for (let at = 0; at < k; at++)
        sums[i * width + column] =
          (sums[i * width + column] as number) + (a[row * k + at] as number) * b(at, column);
  });
  return sums;
}

describe("products of gradients", () => {
  // Fewer rows than a tile, a tile, and some that are left; blocks of 128 by 256 that end within.
  for (const [m, k, n] of [
    [1, 7, 5],
    [2, 130, 259],
    [3, 128, 256],
    [5, 131, 259],
    [7, 257, 6],
  ] as const)
    for (const isTurned of [false, true])
      test(`${m} rows of ${k} by ${n}${isTurned ? ", the factor turned" : ""}`, () => {
        const rows = Array.from({ length: m }, (_, i) => (i * 3) % (2 * m)); // not one behind the other
        const a = numbers(2 * m * k);
        const factor = numbers(2 + k * n);
        const width = n + 3;
        const into = numbers(m * width);
        const first = 2;
        const [rowStride, columnStride] = isTurned ? [1, k] : [n, 1];
        const b = (row: number, column: number) =>
          factor[first + row * rowStride + column * columnStride] as number;
        const wanted = plain(a, b, into, { rows, k, n, width });
        addProduct(
          { data: a, starts: rows.map((row) => row * k) },
          { data: factor, first, rowStride, columnStride },
          [k, n],
          { data: into, starts: rows.map((_, i) => i * width) },
        );
        into.forEach((x, i) => {
          assert.ok(Math.abs(x - (wanted[i] as number)) < 1e-10, `${i}: ${x}, not ${wanted[i]}`);
        });
      });
});
