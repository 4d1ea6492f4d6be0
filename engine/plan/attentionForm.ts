import { layerOf } from "../model/layerOf.ts";
import type { AttentionSpec, MlaSpec, ModelSpec } from "../model/spec.ts";
import type { AttentionForm, LayerForm } from "./plan.ts";

/**
 * Queries in one step from which the expanded form of MLA takes fewer FLOPs than the absorbed one: absorbed costs
 * 2H(2C+R) a (query, key) pair, expanded 2H(P+R+V) and once 2CH(P+V) a cached token. 171 for DeepSeek-V3.
 * Infinity where a pair costs no less expanded.
 */
export function expansionBreakEven({ kvLoraRank, dNope, dValue }: MlaSpec): number {
  const savedPerPair = 2 * kvLoraRank - dNope - dValue; // R cancels
  if (savedPerPair <= 0) return Number.POSITIVE_INFINITY;
  return Math.ceil((kvLoraRank * (dNope + dValue)) / savedPerPair);
}

/** The cheaper form of every layer for a step of `nTokens` that attends to `nKeys`. */
export function attentionForm(spec: ModelSpec, nTokens: number, nKeys = nTokens): AttentionForm {
  return sameForm(spec.layers.map(({ attention }) => cheaperForm(attention, nTokens, nKeys)));
}

/** The same for the draft module, which is a plan of one layer. */
export function draftForm(spec: ModelSpec, nTokens: number, nKeys = nTokens): AttentionForm {
  return sameForm([cheaperForm(layerOf(spec, spec.nLayers).attention, nTokens, nKeys)]);
}

/** MLA in one form in all layers; GQA has but one. @param layers default: the model's, without the draft module */
export function uniformForm(
  { layers }: Pick<ModelSpec, "layers">,
  form: "absorbed" | "expanded" = "absorbed",
): AttentionForm {
  return sameForm(layers.map(({ attention }) => (attention.kind === "gqa" ? "gqa" : form)));
}

/**
 * Sparse attention saves on the selected pairs alone, while expansion costs as much for every key.
 */
function cheaperForm(attention: AttentionSpec, nTokens: number, nKeys: number): LayerForm {
  if (attention.kind === "gqa") return "gqa";
  const seen = Math.min(nKeys, attention.indexer?.topK ?? nKeys);
  return nTokens * seen >= expansionBreakEven(attention) * nKeys ? "expanded" : "absorbed";
}

const known = new Map<string, AttentionForm>();

/** The one list of these forms: plans, programs and steps are told apart by it. */
export function sameForm(form: AttentionForm): AttentionForm {
  const key = form.join(" ");
  const same = known.get(key) ?? Object.freeze(form);
  known.set(key, same);
  return same;
}
