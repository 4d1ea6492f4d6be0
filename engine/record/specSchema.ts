import { byKind, flag, list, nullable, number, object, oneOf, text, whole } from "./schema.ts";

/** Sizes of tensors; no published model comes near. */
const size = whole(1, 2 ** 31);
const orNone = whole(0, 2 ** 31);
const layers = whole(1, 100_000);

const ropeSpec = object({
  layout: oneOf("interleaved", "half"),
  scaling: oneOf("default", "linear", "dynamic", "llama3", "yarn"),
  dim: size,
  inverseFrequencies: list(number),
  dynamic: nullable(object({ theta: number, factor: number, trainedLength: size })),
  magnitude: number,
});

const attention = byKind({
  gqa: {
    nHeads: size,
    nKvHeads: size,
    dHead: size,
    scale: number,
    qkvBias: flag,
    outBias: flag,
    queryKeyNorm: nullable(oneOf("head", "whole")),
    clip: nullable(number),
    sinks: flag,
    window: nullable(size),
  },
  mla: {
    nHeads: size,
    qLoraRank: nullable(size),
    kvLoraRank: size,
    dNope: size,
    dRope: size,
    dValue: size,
    latentNormEps: number,
    scale: number,
    indexer: nullable(object({ nHeads: size, dHead: size, topK: size, normEps: number })),
  },
});

const feedForward = byKind({
  dense: { dMlp: size, activation: oneOf("swiGlu", "gelu"), bias: flag },
  moe: {
    nExperts: size,
    nExpertsPerToken: size,
    dExpert: size,
    dShared: orNone,
    activation: byKind({ silu: {}, clamped: { alpha: number, limit: number } }),
    bias: flag,
    scoring: oneOf("sigmoid", "softmax"),
    selectionBias: flag,
    nGroups: size,
    nGroupsKept: size,
    groupScore: oneOf("top2sum", "max"),
    normalizeWeights: flag,
    scale: number,
  },
});

const residual = byKind({
  plain: {},
  hyperConnections: { nStreams: whole(1, 16), sinkhornSteps: whole(1, 1000), eps: number },
});

const layer = object({ attention, rope: nullable(orNone), feedForward, residual });

/** A `ModelSpec` as a record has it. */
export const modelSpec = object({
  architecture: text,
  nLayers: layers,
  dModel: size,
  nVocab: size,
  contextLength: whole(1, 2 ** 24),
  norm: oneOf("rms", "layer"),
  normEps: number,
  tiedEmbeddings: flag,
  ropes: list(ropeSpec),
  learnedPositions: flag,
  layers: list(layer),
  mtp: nullable(object({ layer, ownEmbedding: flag, ownHead: flag })),
  dtype: text,
});
