import type {
  AttentionSpec,
  FeedForwardSpec,
  GqaSpec,
  MlaSpec,
  ModelSpec,
  ResidualSpec,
} from "../model/spec.ts";

/** Numbers stored in a checkpoint, counted from its shapes. */
interface ParameterCount {
  readonly total: number;
  /**
   * Read for one token: every attention, norm and router, the chosen and the shared experts, the head. Of the embedding
   * table one row is read, so the table is left out unless it also serves as the head; so is a table of positions.
   */
  readonly active: number;
}

/** Parameters of one layer's attention, its own norms and biases included. @see arXiv:2405.04434 section 2.1 */
function attentionParameters(spec: AttentionSpec, dModel: number): number {
  return spec.kind === "gqa" ? gqaParameters(spec, dModel) : mlaParameters(spec, dModel);
}

function gqaParameters(spec: GqaSpec, dModel: number): number {
  const { nHeads, nKvHeads, dHead, queryKeyNorm } = spec;
  const projected = dHead * (nHeads + 2 * nKvHeads); // q, k, v
  const norms =
    queryKeyNorm === null ? 0 : queryKeyNorm === "head" ? 2 * dHead : (nHeads + nKvHeads) * dHead;
  return (
    dModel * (projected + nHeads * dHead) +
    (spec.qkvBias ? projected : 0) +
    (spec.outBias ? dModel : 0) +
    (spec.sinks ? nHeads : 0) +
    norms
  );
}

function mlaParameters(spec: MlaSpec, dModel: number): number {
  const { nHeads, qLoraRank, kvLoraRank, dNope, dRope, dValue, indexer } = spec;
  const dQuery = nHeads * (dNope + dRope);
  const query =
    qLoraRank === null ? dModel * dQuery : dModel * qLoraRank + qLoraRank + qLoraRank * dQuery;
  const latent = dModel * (kvLoraRank + dRope) + kvLoraRank;
  const index =
    indexer === null
      ? 0
      : (qLoraRank ?? dModel) * indexer.nHeads * indexer.dHead + // queries
        dModel * indexer.dHead + // keys
        2 * indexer.dHead + // the keys' layer norm
        dModel * indexer.nHeads; // weights of the heads
  return query + latent + kvLoraRank * nHeads * (dNope + dValue) + nHeads * dValue * dModel + index;
}

/** Parameters of one layer's feed-forward: all of them, and those one token uses. */
function feedForwardParameters(spec: FeedForwardSpec, dModel: number): ParameterCount {
  if (spec.kind === "dense") {
    const nInner = spec.activation === "gelu" ? 1 : 2; // up, or gate and up
    const biases = spec.bias ? nInner * spec.dMlp + dModel : 0;
    const all = (nInner + 1) * dModel * spec.dMlp + biases;
    return { total: all, active: all };
  }
  const { nExperts, dExpert } = spec;
  const expert = 3 * dModel * dExpert + (spec.bias ? 2 * dExpert + dModel : 0);
  const router =
    nExperts * dModel + (spec.bias ? nExperts : 0) + (spec.selectionBias ? nExperts : 0);
  const always = 3 * dModel * spec.dShared + router;
  return {
    total: always + nExperts * expert,
    active: always + spec.nExpertsPerToken * expert,
  };
}

/** Both hyper-connections of a layer: projection, base and three scales each. */
function hyperConnectionParameters(residual: ResidualSpec, dModel: number): number {
  if (residual.kind === "plain") return 0;
  const { nStreams: n } = residual;
  const width = (2 + n) * n;
  return 2 * (width * n * dModel + width + 3);
}

/** What the head reads the last layer's streams with. */
function streamHeadParameters({ layers, dModel }: ModelSpec): number {
  const last = layers.at(-1)?.residual;
  if (last === undefined || last.kind === "plain") return 0;
  const { nStreams: n } = last;
  return n * n * dModel + n + 1;
}

/** What the module for multi-token prediction adds: a layer, the projection of two streams into one, three norms. */
function draftParameters(spec: ModelSpec, norm: number): number {
  const { mtp, dModel, nVocab } = spec;
  if (mtp === null) return 0;
  const tables = (Number(mtp.ownEmbedding) + Number(mtp.ownHead)) * nVocab * dModel;
  const layer =
    attentionParameters(mtp.layer.attention, dModel) +
    2 * norm +
    feedForwardParameters(mtp.layer.feedForward, dModel).total;
  return layer + 2 * dModel * dModel + 3 * norm + tables;
}

/**
 * Parameters of a model, as its authors count them: DeepSeek-V3 has 671.0 B, of which 36.6 B are active; those that only draft
 * (multi-token prediction) are counted apart.
 */
export function countParameters(spec: ModelSpec): ParameterCount & {
  /** Of the module that drafts tokens; not in `total`. */ readonly drafts: number;
} {
  const table = spec.nVocab * spec.dModel;
  const norm = spec.norm === "layer" ? 2 * spec.dModel : spec.dModel;
  const positions = spec.learnedPositions ? spec.contextLength * spec.dModel : 0;
  let total = table * (spec.tiedEmbeddings ? 1 : 2) + positions + norm; // + final norm
  let active = table + norm;
  for (const { attention, feedForward, residual } of spec.layers) {
    const mlp = feedForwardParameters(feedForward, spec.dModel);
    const connections = hyperConnectionParameters(residual, spec.dModel);
    const rest = attentionParameters(attention, spec.dModel) + 2 * norm + connections;
    total += rest + mlp.total;
    active += rest + mlp.active;
  }
  const head = streamHeadParameters(spec);
  total += head;
  active += head;
  return { total, active, drafts: draftParameters(spec, norm) };
}
