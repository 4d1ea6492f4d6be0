import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bootstrapIntervals, correctedP } from "../../engine/sweep/pairStatistics.ts";
import fc from "../fixtures/fastCheck.ts";

const paired = (pairs: readonly (readonly number[])[], resamples = 2000, seed = 1) => ({
  effects: Float64Array.from(pairs.flat()),
  nPairs: pairs.length,
  resamples,
  seed,
});

describe("p corrected over the cells", () => {
  it("is that of the signs gone through by hand", () => {
    // sums over signs of (3, 1), (2, 1), (1, -1): the first cell 6, 4, 2, 0; the second 1, 1, 3, 1
    const p = correctedP(
      paired([
        [3, 1],
        [2, 1],
        [1, -1],
      ]),
    );
    // largest of the grid for + + +, + + -, + - +, + - -: 6, 4, 2 or 1, 3; each twice with all signs turned
    assert.deepEqual([...p], [2 / 8, 8 / 8]);
  });

  it("is smallest where all pairs agree, and never 0 where signs are drawn", () => {
    const many = Array.from({ length: 20 }, () => [1, 0]);
    const [sure = 0, none] = correctedP(paired(many, 500));
    assert.equal(sure, 1 / 501);
    assert.equal(none, 1);
  });

  it("does not depend on the order of cells, and grows with cells that are noise", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
          minLength: 2,
          maxLength: 7,
        }),
        (pairs) => {
          const p = correctedP(paired(pairs));
          const turned = correctedP(paired(pairs.map(([a, b]) => [b, a])));
          assert.deepEqual([...p], [...turned].toReversed());
          const alone = correctedP(paired(pairs.map(([a]) => [a])));
          assert.ok((alone[0] ?? 1) <= (p[0] ?? 0));
        },
      ),
    );
  });

  it("finds something in one sweep of twenty at most where there is nothing", () => {
    let found = 0;
    const n = 400;
    const random = noise(5);
    for (let sweep = 0; sweep < n; sweep++) {
      const pairs = Array.from({ length: 8 }, () => Array.from({ length: 6 }, random));
      if (Math.min(...correctedP(paired(pairs, 256))) <= 0.05) found++;
    }
    assert.ok(found > 0 && found < 0.05 * n + 3 * Math.sqrt(0.05 * 0.95 * n), `${found} of ${n}`);
  });
});

describe("bootstrap intervals", () => {
  it("hold the mean of a normal sample about as often as they say", () => {
    const random = noise(9);
    const pairs = Array.from({ length: 40 }, () => Array.from({ length: 300 }, random));
    const { low, high } = bootstrapIntervals(paired(pairs, 1000));
    const holding = low.filter((from, cell) => from <= 0 && 0 <= (high[cell] ?? 0)).length;
    assert.ok(holding > 0.9 * 300 && holding < 0.99 * 300, `${holding} of 300`);
  });

  it("are the effect where all pairs have the same, and the same for the same seed", () => {
    const same = bootstrapIntervals(paired([[0.1], [0.1], [0.1]]));
    assert.ok(Math.abs((same.low[0] ?? 0) - 0.1) < 1e-15);
    assert.equal(same.low[0], same.high[0]);
    const pairs = [[1], [2], [4], [8]];
    assert.deepEqual(bootstrapIntervals(paired(pairs)), bootstrapIntervals(paired(pairs)));
    const other = bootstrapIntervals(paired(pairs, 101, 2));
    assert.notDeepEqual(bootstrapIntervals(paired(pairs, 101, 1)), other);
  });
});

/** Sums of twelve uniform numbers, less their mean: near enough to normal. */
function noise(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
  return () => Array.from({ length: 12 }, uniform).reduce((sum, x) => sum + x, -6);
}
