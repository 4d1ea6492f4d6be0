import type { AttentionTile } from "../../operators.ts";
import { at, dot } from "../math.ts";
import { floats } from "../referenceTensor.ts";
import { visibleKeys } from "./attention.ts";
import { share } from "./attentionScores.ts";
import { headEdits } from "./headEdits.ts";

export function attentionTile(op: AttentionTile): void {
  const out = floats(op.out);
  const pool = op.pool?.size ?? 1;
  const kind = op.pool?.kind ?? "mean";
  let cell = 0;
  for (let h = 0; h < op.headCount; h++)
    for (let r = 0; r < op.queryCount; r += pool)
      for (let c = 0; c < op.keyCount; c += pool) {
        const nQueries = Math.min(pool, op.queryCount - r);
        const nKeys = Math.min(pool, op.keyCount - c);
        out[cell++] = poolBlock(
          op,
          kind,
          op.headStart + h,
          op.queryStart + r,
          nQueries,
          op.keyStart + c,
          nKeys,
        );
      }
}

function poolBlock(
  op: AttentionTile,
  kind: "mean" | "max",
  head: number,
  query: number,
  nQueries: number,
  key: number,
  nKeys: number,
): number {
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let nVisible = 0;
  const edits = headEdits(op);
  for (let i = query; i < query + nQueries; i++)
    for (const j of visibleKeys(op.window, op.selection, i, i)) {
      if (j < key || j >= key + nKeys || edits.isMasked(i, head, j)) continue;
      const value = mapValue(op, head, i, j, edits.temperature(head));
      nVisible += 1;
      sum += value;
      max = Math.max(max, value);
    }
  if (nVisible === 0) return op.mode === "pattern" ? 0 : Number.NEGATIVE_INFINITY;
  return kind === "max" ? max : sum / (nQueries * nKeys);
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
