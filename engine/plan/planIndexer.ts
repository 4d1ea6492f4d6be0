import type { IndexerSpec } from "../model/spec.ts";
import type { Ref } from "./plan.ts";
import { neededRotation, type PlanScope, project } from "./planScope.ts";

/**
 * The lightning indexer: scores every key before a query with small heads of its own and keeps the best. Its keys have a
 * cache; rotary dims come first in a head and are always in halves, whatever the attention's layout. arXiv:2512.02556
 * @param queryLatent (T, Lq) that attention's queries are projected from too
 * @returns (T, topK) positions as `selectKeys` writes them
 */
export function planIndexer(
  scope: PlanScope,
  indexer: IndexerSpec,
  x: Ref,
  queryLatent: { readonly ref: Ref; readonly width: number },
): Ref {
  const { b, spec, layer } = scope;
  const { nHeads, dHead, topK } = indexer;
  const name = `${scope.name}.attn`;
  const q = project(scope, queryLatent.ref, {
    weight: b.weight(`${name}.index_q`, nHeads * dHead, queryLatent.width),
    out: b.value(`${name}.index_q`, ["T", nHeads, dHead]),
  });
  const weights = project(scope, x, {
    weight: b.weight(`${name}.index_weights`, nHeads, spec.dModel),
    out: b.value(`${name}.index_weights`, ["T", nHeads]),
  });
  const scores = b.value(`${name}.hook_index_scores`, ["T", "context"]);
  b.op(layer, {
    kind: "indexScores",
    scale: (nHeads * dHead) ** -0.5,
    q: rotated(scope, indexer, "q", q),
    k: indexKeys(scope, indexer, x),
    weights,
    out: scores,
  });
  const indices = b.value(`${name}.hook_topk_indices`, ["T", topK], { dtype: "i32" });
  b.op(layer, { kind: "selectKeys", k: topK, scores, indices });
  return indices;
}

/** One key a token, normalised and rotated, in the cache. */
function indexKeys(scope: PlanScope, indexer: IndexerSpec, x: Ref): Ref {
  const { b, spec, layer } = scope;
  const { dHead, normEps } = indexer;
  const name = `${scope.name}.attn`;
  const projected = project(scope, x, {
    weight: b.weight(`${name}.index_k`, dHead, spec.dModel),
    out: b.value(`${name}.index_k`, ["T", dHead]),
  });
  const normed = b.value(`${name}.index_k_normed`, ["T", 1, dHead]);
  b.op(layer, {
    kind: "layerNorm",
    rows: "tokens",
    x: projected,
    weight: b.weight(`${name}.index_k_norm`, dHead),
    bias: b.weight(`${name}.index_k_norm.bias`, dHead),
    eps: normEps,
    out: normed,
  });
  const cache = b.value(`${name}.cache_index`, ["context", dHead], { role: "cache" });
  b.op(layer, { kind: "writeRows", x: rotated(scope, indexer, "k", normed), cache });
  return cache;
}

function rotated(scope: PlanScope, indexer: IndexerSpec, letter: "q" | "k", x: Ref): Ref {
  const { b, layer } = scope;
  const heads = letter === "q" ? indexer.nHeads : 1;
  const out = b.value(`${scope.name}.attn.index_rot_${letter}`, ["T", heads, indexer.dHead]);
  const { rope, cos, sin } = neededRotation(scope);
  const { dim } = rope;
  b.op(layer, { kind: "rope", layout: "half", offset: 0, dim, x, cos, sin, out });
  return out;
}
