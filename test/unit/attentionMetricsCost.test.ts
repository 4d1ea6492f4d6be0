import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { visibleKeys } from "../../engine/backend/reference/operators/attention.ts";
import { operatorCost, type TensorShape } from "../../engine/cost/operatorCost.ts";

const f32 = (...shape: number[]): TensorShape => ({ dtype: "f32", shape });
const i32 = (...shape: number[]): TensorShape => ({ dtype: "i32", shape });

const [T, H, K, DK] = [16, 6, 2, 3];
const PAIR_FLOPS = 2 * H * DK;
const ROW_BYTES = 4 * K * DK;

interface Looks {
  readonly window?: number | undefined;
  readonly k?: number;
  readonly hasMoments?: boolean;
  readonly queries: readonly [start: number, count: number, step: number];
}

function costOf({ window, k, hasMoments = false, queries }: Looks) {
  const [queryStart, queryCount, queryStep] = queries;
  const { flopsPerStep, kvReadBytes } = operatorCost(
    {
      kind: "attentionMetrics",
      ...{ scale: 1, nHeads: H, nKvHeads: K, dKey: DK, queryStart, queryCount, queryStep },
      ...{ q: f32(T, H, DK), k: f32(T, K, DK), lse: f32(T, H), earlier: i32(T) },
      ...{ window: window ?? null, selection: k === undefined ? null : i32(T, k) },
      ...{ temperatures: null, mask: null, moments: hasMoments ? f32(T, H, 2) : null },
      out: f32(Math.ceil(queryCount / queryStep), H, 7),
    },
    { start: 0, nTokens: T },
    0,
  );
  return { pairs: flopsPerStep / PAIR_FLOPS, rows: kvReadBytes / ROW_BYTES };
}

/** Pairs and distinct keys, by going through all of them as the reference does. */
function counted({ window, hasMoments = false, queries: [start, count, step] }: Looks) {
  let pairs = 0;
  const rows = new Set<number>();
  for (let query = start; query < start + count; query += step)
    for (const key of visibleKeys(window ?? null, null, query, query)) {
      if (hasMoments && ![0, query - 1, query].includes(key)) continue;
      pairs += 1;
      rows.add(key);
    }
  return { pairs, rows: rows.size };
}

const QUERIES = [
  [0, 16, 1],
  [3, 1, 1],
  [3, 13, 4],
  [9, 7, 2],
  [0, 2, 1],
] as const;

describe("what the metrics of heads cost", () => {
  for (const window of [undefined, 1, 2, 5, 40])
    it(`counts the keys that a query sees, ${window === undefined ? "of all" : `of a window of ${window}`}`, () => {
      for (const queries of QUERIES)
        assert.deepEqual(costOf({ window, queries }), counted({ window, queries }), `${queries}`);
    });

  it("counts only the keys that are named where attention kept its moments", () => {
    for (const window of [undefined, 1, 2, 5])
      for (const queries of QUERIES) {
        const { pairs, rows } = costOf({ window, queries, hasMoments: true });
        const exact = counted({ window, queries, hasMoments: true });
        assert.equal(pairs, exact.pairs, `${queries} of ${window}`);
        assert.ok(rows >= exact.rows && rows <= T);
      }
  });

  it("counts as many keys as are selected, or as there are", () => {
    const all = costOf({ k: 4, queries: [0, 16, 1] });
    assert.deepEqual(all, { pairs: 1 + 2 + 3 + 13 * 4, rows: 16 });
    assert.deepEqual(costOf({ k: 4, queries: [9, 1, 1] }), { pairs: 4, rows: 4 });
    assert.deepEqual(costOf({ k: 4, hasMoments: true, queries: [9, 2, 1] }), { pairs: 6, rows: 6 });
  });
});
