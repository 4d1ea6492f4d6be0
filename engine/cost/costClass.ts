import type { OperatorKind } from "../backend/operators.ts";
import type { PlanOp } from "../plan/plan.ts";
import { isDraftValue } from "../plan/planMtp.ts";
import type { CostClass } from "../trace/schema.ts";

/** In the order in which a token meets them. */
export const COST_CLASSES: readonly CostClass[] = [
  "embedding",
  "norms",
  "attentionProjections",
  "attentionScores",
  "indexer",
  "router",
  "routedExperts",
  "sharedExpert",
  "dense",
  "residual",
  "mtp",
  "head",
];

/** Of kinds that serve one part of a model alone. Caches count as what reads them. */
const OF_KIND: { readonly [K in OperatorKind]?: CostClass } = {
  embed: "embedding",
  addPosition: "embedding",
  attention: "attentionScores",
  attentionScores: "attentionScores",
  attentionTile: "attentionScores",
  attentionMetrics: "attentionScores",
  softmax: "attentionScores",
  editMap: "attentionScores",
  mixValues: "attentionScores",
  writeRows: "attentionScores",
  indexScores: "indexer",
  selectKeys: "indexer",
  route: "router",
  expertsUp: "routedExperts",
  expertsDown: "routedExperts",
  expertsCombine: "routedExperts",
  add: "residual",
  spreadStreams: "residual",
  streamWeights: "residual",
  readStreams: "residual",
  writeStreams: "residual",
  tokenLogProbs: "head",
};

/** Of the others, by where a block keeps the weight, or the value where there is none; the first that fits counts. */
const OF_NAME: readonly (readonly [RegExp, CostClass])[] = [
  [/^attn\.(hook_)?index_/, "indexer"],
  [/^attn\./, "attentionProjections"],
  [/^mlp\.router/, "router"],
  [/^mlp\.(shared|hook_shared)/, "sharedExpert"],
  [/^mlp\.(experts|hook_expert)/, "routedExperts"],
  [/^mlp\./, "dense"],
  [/^ln/, "norms"],
  [/^(attn|mlp)_hc\.|^hc_head|^hook_(resid|streams|attn_out|mlp_out)/, "residual"],
  [/^hook_embed/, "embedding"],
  [/^embed$|^unembed$|^hook_logits$/, "head"],
];

/**
 * The part of the model that an operator belongs to. All that the draft module does counts as `mtp`, its own head included.
 * @throws Error for an operator of no part: a new one needs its place in this file
 */
export function costClassOf({ operator, weights, outputs }: PlanOp): CostClass {
  const [output = ""] = outputs;
  if (isDraftValue(output)) return "mtp";
  const name = withinBlock(weights[0] ?? output);
  const cachesIndex = operator.kind === "writeRows" && withinBlock(output) === "attn.cache_index";
  const ofKind = cachesIndex ? "indexer" : OF_KIND[operator.kind];
  const found = ofKind ?? OF_NAME.find(([pattern]) => pattern.test(name))?.[1];
  if (found === undefined)
    throw new Error(`no class of costs for ${operator.kind}, which writes ${output}`);
  return found;
}

function withinBlock(name: string): string {
  return name.replace(/^blocks\.\d+\./, "");
}
