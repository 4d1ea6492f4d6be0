import type { ModelSpec } from "../model/spec.ts";
import type { AttentionForm } from "./plan.ts";

/**
 * Queries in one step from which the expanded form of MLA takes fewer FLOPs than the absorbed one: absorbed costs
 * 2H(2C+R) a (query, key) pair, expanded 2H(P+R+V) and once 2CH(P+V) a cached token. 171 for DeepSeek-V3.
 * Infinity where a pair costs no less expanded.
 */
export function expansionBreakEven(spec: ModelSpec): number {
  if (spec.attention.kind !== "mla") return Number.POSITIVE_INFINITY;
  const { kvLoraRank, dNope, dValue } = spec.attention;
  const savedPerPair = 2 * kvLoraRank - dNope - dValue; // R cancels
  if (savedPerPair <= 0) return Number.POSITIVE_INFINITY;
  return Math.ceil((kvLoraRank * (dNope + dValue)) / savedPerPair);
}

/**
 * The cheaper form for a step of `nTokens` that attends to `nKeys`. Sparse attention saves on the selected pairs alone,
 * while expansion costs as much for every key.
 */
export function attentionForm(spec: ModelSpec, nTokens: number, nKeys = nTokens): AttentionForm {
  if (spec.attention.kind === "gqa") return "gqa";
  const seen = Math.min(nKeys, spec.attention.indexer?.topK ?? nKeys);
  return nTokens * seen >= expansionBreakEven(spec) * nKeys ? "expanded" : "absorbed";
}
