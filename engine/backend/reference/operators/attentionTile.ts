import { dot } from "../../../tensor/dot.ts";
import type { AttentionTile } from "../../operators.ts";
import { at } from "../math.ts";
import { floats } from "../referenceTensor.ts";
import { visibleKeys } from "./attention.ts";
import { share } from "./attentionScores.ts";
import { type HeadEdits, headEdits } from "./headEdits.ts";

export function attentionTile(op: AttentionTile): void {
  const out = floats(op.out);
  const pool = op.pool?.size ?? 1;
  const edits = headEdits(op);
  const keysOf = Array.from({ length: op.queryCount }, (_, r) => {
    const query = op.queryStart + r;
    return visibleKeys(op.window, op.selection, query, query);
  });
  let cell = 0;
  for (let h = 0; h < op.headCount; h++)
    for (let r = 0; r < op.queryCount; r += pool)
      for (let c = 0; c < op.keyCount; c += pool) {
        const rows = queriesOf(op, keysOf, r, Math.min(r + pool, op.queryCount));
        const keys = { first: op.keyStart + c, count: Math.min(pool, op.keyCount - c) };
        out[cell++] = poolBlock(op, edits, op.headStart + h, rows, keys);
      }
}

/** Some queries, and the keys that each of them sees. */
type Queries = readonly { readonly query: number; readonly visible: readonly number[] }[];

/** Those of a block [from, to) of the tile: every step-th, counted back from the last. */
function queriesOf(
  op: AttentionTile,
  keysOf: readonly (readonly number[])[],
  from: number,
  to: number,
): Queries {
  const queries = [];
  for (let r = to - 1; r >= from; r -= op.pool?.step ?? 1)
    queries.push({ query: op.queryStart + r, visible: keysOf[r] ?? [] });
  return queries;
}

function poolBlock(
  op: AttentionTile,
  edits: HeadEdits,
  head: number,
  queries: Queries,
  keys: { readonly first: number; readonly count: number },
): number {
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let nVisible = 0;
  for (const { query: i, visible } of queries)
    for (const j of visible) {
      if (j < keys.first || j >= keys.first + keys.count || edits.isMasked(i, head, j)) continue;
      const value = mapValue(op, head, i, j, edits.temperature(head));
      nVisible += 1;
      sum += value;
      max = Math.max(max, value);
    }
  if (nVisible === 0) return op.mode === "pattern" ? 0 : Number.NEGATIVE_INFINITY;
  return op.pool?.kind === "max" ? max : sum / (queries.length * keys.count);
}

function mapValue(
  op: AttentionTile,
  head: number,
  query: number,
  key: number,
  temperature: number,
): number {
  const [q, k, lse] = [floats(op.q), floats(op.k), floats(op.lse)];
  const kvHead = Math.floor(head / (op.nHeads / op.nKvHeads));
  const qStart = (query * op.nHeads + head) * op.dKey;
  const kStart = (key * op.nKvHeads + kvHead) * op.dKey;
  const score = (op.scale * dot(q, qStart, k, kStart, op.dKey)) / temperature;
  return op.mode === "scores" ? score : share(score, at(lse, query * op.nHeads + head));
}
