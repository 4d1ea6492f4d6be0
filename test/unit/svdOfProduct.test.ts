import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { svdOfProduct, Tensor } from "../../engine/index.ts";
import fc from "../fixtures/fastCheck.ts";

const tensor = (rows: number, columns: number, numbers: readonly number[]) =>
  new Tensor(Float64Array.from(numbers), [rows, columns]);

/** Largest difference of two products of three matrices to what they should be. */
function distance(a: Tensor, b: Tensor): number {
  assert.deepEqual(a.shape, b.shape);
  return Math.max(...a.data.map((x, i) => Math.abs(x - (b.data[i] ?? Number.NaN))));
}

const identity = (n: number) =>
  tensor(
    n,
    n,
    Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0)),
  );

const factors = fc
  .tuple(...[1, 2, 3].map(() => fc.integer({ min: 1, max: 6 })))
  .chain(([n = 1, r = 1, m = 1]) => {
    const of = (size: number) =>
      fc.array(
        fc.integer({ min: -20, max: 20 }).map((x) => x / 4),
        { minLength: size, maxLength: size },
      );
    return fc.tuple(
      of(n * r).map((numbers) => tensor(n, r, numbers)),
      of(r * m).map((numbers) => tensor(r, m, numbers)),
    );
  });

describe("the singular values of a product", () => {
  it("give the product back, with orthonormal vectors where they are not 0", () => {
    fc.assert(
      fc.property(factors, ([left, right]) => {
        const { u, s, vh } = svdOfProduct(left, right);
        const scaled = u.map((x, i) => x * (s.data[i % s.data.length] ?? 0));
        const size = Math.max(1, s.data[0] ?? 0);
        assert.ok(distance(scaled.matmul(vh), left.matmul(right)) < 1e-12 * size);
        for (let i = 1; i < s.data.length; i++) assert.ok((s.data[i - 1] ?? 0) >= (s.data[i] ?? 0));
        const rank = s.data.filter((value) => value > 1e-10 * size).length;
        const kept = u.slice({ R: [0, Math.max(1, rank)] });
        if (rank > 0) assert.ok(distance(kept.transpose().matmul(kept), identity(rank)) < 1e-10);
      }),
    );
  });

  it("are those of a matrix whose values are known", () => {
    // [[3, 0], [4, 5]] has 3 sqrt 5 and sqrt 5
    const { s } = svdOfProduct(tensor(2, 2, [3, 0, 4, 5]), identity(2));
    assert.ok(Math.abs((s.data[0] ?? 0) - 3 * Math.sqrt(5)) < 1e-13);
    assert.ok(Math.abs((s.data[1] ?? 0) - Math.sqrt(5)) < 1e-13);
  });

  it("keep small values exact beside large ones", () => {
    const { s } = svdOfProduct(tensor(3, 2, [1e8, 0, 0, 1e-8, 0, 0]), identity(2));
    assert.ok(Math.abs((s.data[1] ?? 0) / 1e-8 - 1) < 1e-12, `${s.data[1]}`);
  });

  it("are refused of factors that do not fit", () => {
    assert.throws(() => svdOfProduct(tensor(2, 1, [1, 2]), tensor(2, 1, [1, 2])), {
      code: "ERR_SHAPE",
      message: /got \(2, 1\) and \(2, 1\)/,
    });
  });

  it("are refused of numbers that are not finite", () => {
    assert.throws(() => svdOfProduct(identity(2), tensor(2, 2, [1, 0, Number.NaN, 1])), {
      code: "ERR_RANGE",
      message: /got NaN/,
    });
  });
});
