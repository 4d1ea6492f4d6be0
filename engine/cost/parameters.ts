import type { AttentionSpec, FeedForwardSpec, ModelSpec } from "../model/spec.ts";

/** Numbers stored in a checkpoint, counted from its shapes; multi-token-prediction layers are not in a ModelSpec. */
export interface ParameterCount {
  readonly total: number;
  /**
   * Read for one token: every attention, norm and router, the chosen and the shared experts, the head. Of the embedding
   * table one row is read, so the table is left out unless it also serves as the head.
   */
  readonly active: number;
}

/** Parameters of one layer's attention, its latent norms and biases included. @see arXiv:2405.04434 section 2.1 */
function attentionParameters(spec: AttentionSpec, dModel: number): number {
  if (spec.kind === "gqa") {
    const projected = spec.dHead * (spec.nHeads + 2 * spec.nKvHeads);
    return (
      dModel * projected + (spec.qkvBias ? projected : 0) + spec.nHeads * spec.dHead * dModel // q k v | biases | o
    );
  }
  const { nHeads, qLoraRank, kvLoraRank, dNope, dRope, dValue } = spec;
  const dQuery = nHeads * (dNope + dRope);
  const query =
    qLoraRank === null ? dModel * dQuery : dModel * qLoraRank + qLoraRank + qLoraRank * dQuery;
  const latent = dModel * (kvLoraRank + dRope) + kvLoraRank;
  return query + latent + kvLoraRank * nHeads * (dNope + dValue) + nHeads * dValue * dModel;
}

/** Parameters of one layer's feed-forward: all of them, and those one token uses. */
function feedForwardParameters(spec: FeedForwardSpec, dModel: number): ParameterCount {
  if (spec.kind === "dense") {
    const all = 3 * dModel * spec.dMlp;
    return { total: all, active: all };
  }
  const expert = 3 * dModel * spec.dExpert;
  const always =
    3 * dModel * spec.dShared + spec.nExperts * dModel + (spec.selectionBias ? spec.nExperts : 0);
  return {
    total: always + spec.nExperts * expert,
    active: always + spec.nExpertsPerToken * expert,
  };
}

/** Total and active parameters of a model: DeepSeek-V3 has 671.0 B and 36.6 B. */
export function countParameters(spec: ModelSpec): ParameterCount {
  const table = spec.nVocab * spec.dModel;
  let total = table * (spec.tiedEmbeddings ? 1 : 2) + spec.dModel; // + final norm
  let active = table + spec.dModel;
  for (const layer of spec.layers) {
    const mlp = feedForwardParameters(layer, spec.dModel);
    const rest = attentionParameters(spec.attention, spec.dModel) + 2 * spec.dModel; // + two norms
    total += rest + mlp.total;
    active += rest + mlp.active;
  }
  return { total, active };
}
