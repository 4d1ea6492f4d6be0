import { dot } from "../../../tensor/dot.ts";
import { ATTENTION_METRICS, type AttentionMetrics } from "../../operators.ts";
import { at } from "../math.ts";
import { floats, ints } from "../referenceTensor.ts";
import { visibleKeys } from "./attention.ts";
import { share } from "./attentionScores.ts";
import { headEdits } from "./headEdits.ts";

export function attentionMetrics(op: AttentionMetrics): void {
  const out = floats(op.out);
  const moments = op.moments && floats(op.moments);
  for (let r = 0; r * op.queryStep < op.queryCount; r++)
    for (let h = 0; h < op.nHeads; h++) {
      const query = op.queryStart + r * op.queryStep;
      const weights = patternRow(op, h, query);
      const metrics = metricsOf(weights, query, ints(op.earlier));
      const place = query * op.nHeads + h;
      if (moments) metrics[4] = at(moments, 2 * place) * Math.LOG2E;
      if (moments) metrics[6] = at(moments, 2 * place + 1);
      out.set(metrics, (r * op.nHeads + h) * ATTENTION_METRICS);
    }
}

/** The weights of keys 0..query. */
function patternRow(op: AttentionMetrics, head: number, query: number): Float64Array {
  const [q, k, lse] = [floats(op.q), floats(op.k), floats(op.lse)];
  const edits = headEdits(op);
  const kvHead = Math.floor(head / (op.nHeads / op.nKvHeads));
  const weights = new Float64Array(query + 1);
  for (const key of visibleKeys(op.window, op.selection, query, query)) {
    if (edits.isMasked(query, head, key)) continue;
    const [a, b] = [query * op.nHeads + head, key * op.nKvHeads + kvHead];
    const score =
      (op.scale * dot(q, a * op.dKey, k, b * op.dKey, op.dKey)) / edits.temperature(head);
    weights[key] = share(score, at(lse, a));
  }
  return weights;
}

function metricsOf(weights: Float64Array, query: number, earlier: Int32Array): number[] {
  const previous = query === 0 ? -1 : (weights[query - 1] ?? 0);
  let [induction, duplicate] = [-1, -1];
  for (let at = query, next = earlier[at] ?? -1; next >= 0 && next < at; next = earlier[at] ?? -1) {
    induction = Math.max(induction, 0) + (weights[next + 1] ?? 0);
    duplicate = Math.max(duplicate, 0) + (weights[next] ?? 0);
    at = next;
  }
  const entropy = weights.reduce((bits, w) => (w > 0 ? bits - w * Math.log2(w) : bits), 0);
  const distance = weights.reduce((sum, w, key) => sum + w * (query - key), 0);
  const [self = 0, first = 0] = [weights[query], weights[0]];
  return [previous, induction, self, first, entropy, duplicate, distance];
}
