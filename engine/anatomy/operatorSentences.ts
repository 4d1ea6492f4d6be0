import type { OperatorKind } from "../backend/operators.ts";
import type { PlanOp } from "../plan/plan.ts";

/** What operators do that do the same wherever they stand. */
const OF_KIND: { readonly [K in OperatorKind]?: string } = {
  embed: "Takes each token's row of the embedding table.",
  addPosition: "Adds the learned row of each position.",
  clamp: "Clamps every number, so that none is too far from 0.",
  rope: "Turns pairs of dims of every head by an angle that grows with the position.",
  mlaLatent: "Normalises the latent by its root mean square and turns the rotary key behind it.",
  mlaAbsorbQuery:
    "Multiplies each head's query by that head's key projection, so that it can be compared with latents.",
  mlaExpand: "Makes each head's keys and values of every latent in the cache.",
  mlaValue: "Makes each head's values of its sum of latents.",
  indexScores:
    "Scores every key for every query: the indexer's heads, through ReLU, summed by their weights.",
  selectKeys: "Keeps the best keys of each query; attention sees no others.",
  add: "Adds what the sublayer made to the residual stream.",
  spreadStreams: "Copies the residual stream into n equal streams.",
  streamWeights:
    "Makes of each token's streams the weights by which they are read, written and mixed.",
  readStreams: "Sums the streams by their weights: what the sublayer reads.",
  writeStreams: "Mixes the streams and writes what the sublayer made into each of them.",
  swiGlu: "Multiplies the up projection by SiLU of the gate.",
  gelu: "Applies GELU to every number.",
  route: "Turns the router's logits into scores, chooses each token's experts and weighs them.",
  expertsUp:
    "Sends each token through gate and up projection of its chosen experts, and joins the two.",
  expertsDown: "Projects what each chosen expert has inside back to the model dim.",
  expertsCombine:
    "Sums the chosen experts by their weights, and the shared expert where there is one.",
  tokenLogProbs: "Takes the log probability that each row gives to the token that follows.",
};

/** What a product or a norm does, by its weight's name without the block's. */
const OF_WEIGHT: Readonly<Record<string, string>> = {
  "attn.q": "Projects what the block reads to every head's query.",
  "attn.k": "Projects what the block reads to the keys.",
  "attn.v": "Projects what the block reads to the values.",
  "attn.o": "Projects the heads' results, side by side, back to the model dim.",
  "attn.q_norm": "Normalises the queries by their root mean square.",
  "attn.k_norm": "Normalises the keys by their root mean square.",
  "attn.q_a": "Projects what the block reads to the latent of queries.",
  "attn.q_a_norm": "Normalises the latent of queries by its root mean square.",
  "attn.q_b": "Projects the latent to every head's query.",
  "attn.kv_a":
    "Projects what the block reads to the latent of keys and values, and to the rotary key that all heads share.",
  "attn.index_q": "Projects to the queries of the indexer's heads.",
  "attn.index_k": "Projects what the block reads to the indexer's one key.",
  "attn.index_k_norm": "Normalises the indexer's key: mean taken off, deviation 1.",
  "attn.index_weights": "Says how much each head of the indexer counts.",
  "mlp.gate": "Projects to the gate, which decides what of the up projection passes.",
  "mlp.up": "Projects up to the hidden dim.",
  "mlp.down": "Projects the hidden dim back to the model dim.",
  "mlp.router": "Makes a logit for each expert.",
  "mlp.shared.gate": "The shared expert's gate, which every token passes.",
  "mlp.shared.up": "The shared expert's up projection.",
  "mlp.shared.down": "The shared expert's projection back to the model dim.",
  "attn_hc.fn": "Projects all streams to the logits of attention's hyper-connection.",
  "mlp_hc.fn": "Projects all streams to the logits of the feed-forward layer's hyper-connection.",
  "hc_head.fn": "Projects all streams to the logits by which the head reads them.",
  "eh_proj.embedding": "Projects the normalised embedding of the next token.",
  "eh_proj.hidden": "Projects what the model knows of this token, and adds the embedding's part.",
  embed: "Compares what the last norm gives with every token's embedding: a logit for each.",
  unembed: "Makes a logit for every token of the vocabulary.",
};

const WHAT_IS_NORMALISED: Readonly<Record<string, string>> = {
  ln1: "what attention reads",
  ln2: "what the feed-forward layer reads",
  ln_final: "what the head reads",
  enorm: "the embedding of the next token",
  hnorm: "what the model knows of this token",
};

const WHAT_IS_CACHED: Readonly<Record<string, string>> = {
  "attn.cache": "the latent and the rotary key",
  "attn.cache_k": "the keys",
  "attn.cache_v": "the values",
  "attn.cache_index": "the indexer's keys",
};

/**
 * What an operator of a plan does, in one sentence.
 * @param local a name without the block's
 * @throws Error for an operator that no sentence is written for
 */
export function operatorSentence(
  { operator, weights, outputs }: PlanOp,
  local: (name: string) => string,
): string {
  const weight = local(weights[0] ?? "");
  const found =
    OF_KIND[operator.kind] ??
    (operator.kind === "attention" ? attentionSentence(operator) : undefined) ??
    (operator.kind === "writeRows" ? cacheSentence(local(outputs[0] ?? "")) : undefined) ??
    OF_WEIGHT[weight] ??
    normSentence(operator.kind, weight);
  if (found === undefined)
    throw new Error(`no sentence for ${operator.kind}, which writes ${outputs[0]}`);
  return found;
}

function attentionSentence(operator: PlanOp["operator"] & { kind: "attention" }): string {
  const { window, selection, sinks, v } = operator;
  const seen =
    selection !== null
      ? "the keys that were kept for it"
      : window !== null
        ? `the last ${window} keys`
        : "all keys so far";
  const summed = v === null ? "their latents" : "their values";
  const sink = sinks === null ? "" : ", less the share of a learned sink";
  return `Weighs, for each query, ${seen} by the softmax of query times key${sink}, and sums ${summed}.`;
}

function cacheSentence(cache: string): string | undefined {
  const what = WHAT_IS_CACHED[cache];
  return what === undefined ? undefined : `Appends ${what} of the step's tokens to the cache.`;
}

function normSentence(kind: OperatorKind, weight: string): string | undefined {
  const what = WHAT_IS_NORMALISED[weight];
  if (what === undefined) return undefined;
  return kind === "layerNorm"
    ? `Takes the mean off ${what}, divides by the deviation, applies a weight and a bias.`
    : `Divides ${what} by its root mean square and applies a weight.`;
}
