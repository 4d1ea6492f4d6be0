import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RoutingRecord } from "../../engine/trace/schema.ts";
import { alignTokens } from "../../widgets/routing/alignTokens.ts";
import {
  alignedColumns,
  alignedCounts,
  comparedRoutes,
  comparedText,
  mostDifferent,
  poolOf,
} from "../../widgets/routing/comparedRoutes.ts";
import fc from "../fixtures/fastCheck.ts";
import { ROUTES } from "../fixtures/runRecords.ts";

/** As long as a common subsequence can be, by the table of all prefixes. */
function longest(a: readonly number[], b: readonly number[]): number {
  let above = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    const row = [0];
    for (const [j, y] of b.entries())
      row.push(x === y ? (above[j] ?? 0) + 1 : Math.max(row[j] ?? 0, above[j + 1] ?? 0));
    above = row;
  }
  return above[b.length] ?? 0;
}

describe("tokens of two texts", () => {
  test("are aligned by a longest common subsequence", () => {
    const ids = (most: number) => fc.array(fc.nat(most), { maxLength: 40 });
    const texts = fc.oneof(
      ...[1, 3, 12, 200].map((most) => fc.tuple(ids(most), ids(most))),
      // One text, edited: the usual case.
      fc
        .tuple(ids(9), fc.array(fc.tuple(fc.nat(60), fc.nat(9)), { maxLength: 6 }))
        .map(([text, changes]) => {
          const edited = [...text];
          for (const [place, id] of changes)
            edited.splice(place % (edited.length + 1), id % 3, id, id + 1);
          return [text, edited] as [number[], number[]];
        }),
    );
    fc.assert(
      fc.property(texts, ([own, other]) => {
        const partners = alignTokens(own, other);
        assert.equal(partners.length, own.length);
        const pairs = [...partners.entries()].filter(([, partner]) => partner >= 0);
        let before = -1;
        for (const [t, partner] of pairs) {
          assert.equal(own[t], other[partner]);
          assert.ok(partner > before, "pairs go on in both");
          before = partner;
        }
        assert.equal(pairs.length, longest(own, other));
        const columns = alignedColumns(partners, other.length);
        const places = (part: "own" | "other") =>
          columns.map((column) => column[part]).filter((place) => place >= 0);
        assert.deepEqual(places("own"), [...own.keys()]);
        assert.deepEqual(places("other"), [...other.keys()]);
        const { aligned, removed, inserted } = alignedCounts(columns);
        assert.deepEqual(
          [aligned, aligned + removed, aligned + inserted],
          [pairs.length, own.length, other.length],
        );
      }),
      { numRuns: 400 },
    );
  });

  test("with nothing in common have no partners, and an empty text has none", () => {
    assert.deepEqual([...alignTokens([1, 2], [3])], [-1, -1]);
    assert.deepEqual([...alignTokens([], [3])], []);
    assert.deepEqual([...alignTokens([3, 3], [])], [-1, -1]);
  });

  test("of 4,096 tokens that share ids but no order are aligned while a page waits", () => {
    let seed = 7;
    const draw = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed >>> 23;
    };
    const [own, other] = [0, 1].map(() => Array.from({ length: 4096 }, draw)) as [
      number[],
      number[],
    ];
    const begun = process.cpuUsage();
    const partners = alignTokens(own, other);
    const { user } = process.cpuUsage(begun);
    assert.ok(partners.filter((partner) => partner >= 0).length > 300);
    assert.ok(user < 3e6, `${user / 1e3} ms`); // of some 100 ms
  });
});

test("tokens of one text alone stand between pairs, this run's before the compared run's", () => {
  const partners = alignTokens([1, 2, 3, 4], [9, 1, 8, 3, 4, 7]);
  assert.deepEqual(
    alignedColumns(partners, 6).map(({ own, other }) => [own, other]),
    [
      [-1, 0],
      [0, 1],
      [1, -1],
      [-1, 2],
      [2, 3],
      [3, 4],
      [-1, 5],
    ],
  );
});

test("choices are compared with those of a model that sends a token to fewer experts", () => {
  const other: RoutingRecord = {
    ...{ ...ROUTES, nExpertsPerToken: 1, indices: Int32Array.of(0, 0, 3, 2, 2, 0) },
    weights: new Float32Array(6).fill(1),
  };
  const different = comparedRoutes(ROUTES, other, alignedColumns(Int32Array.of(0, 1, 2), 3));
  assert.deepEqual([...different], [1, 1, 1, 1, 2, 2]);
});

test("choices are compared pair by pair, as sets, and tokens of one text alone have none", () => {
  const other: RoutingRecord = {
    ...{ ...ROUTES, nTokens: 2 },
    indices: Int32Array.of(1, 0, 3, 2, 2, 0, -1, 3),
    weights: new Float32Array(8),
    entropyBits: new Float32Array(4),
  };
  const columns = alignedColumns(Int32Array.of(0, -1, 1), 2);
  const different = comparedRoutes(ROUTES, other, columns);
  // Layer 1: {0, 1} beside {1, 0}, {3, 1} beside {3, 2}; layer 3: {2, 3} beside {2, 0}, {2, 3} beside {3}.
  assert.deepEqual([...different], [0, Number.NaN, 1, 1, Number.NaN, 1]);
  assert.deepEqual([...mostDifferent(different, 3, 2)], [0, 1, 1, 1]);
  assert.deepEqual(
    [...mostDifferent(comparedRoutes(ROUTES, other, columns.slice(1, 2)), 1, 1)],
    [Number.NaN, Number.NaN],
  );
  assert.equal(
    comparedText(ROUTES, other, columns),
    "compared run: 2 tokens aligned by a longest common subsequence, 1 in this run alone, 0 in the compared run alone; of 8 choices of aligned tokens 3 differ",
  );
  assert.deepEqual([0, 1, 1024, 1025, 8192].map(poolOf), [1, 1, 1, 2, 8]);
});
