import type { GluActivation } from "../backend/operators.ts";

/**
 * A checkpoint's config.json, normalised: one vocabulary for every architecture, every default filled in.
 * The forward pass, the cost model and the sites table read this and never the raw config.
 */
export interface ModelSpec {
  readonly architecture: string; // config.model_type
  readonly nLayers: number;
  readonly dModel: number; // M
  readonly nVocab: number; // V
  readonly contextLength: number;
  /** rms: a weight alone; layer: mean-subtracting, with a weight and a bias. */
  readonly norm: "rms" | "layer";
  readonly normEps: number;
  readonly tiedEmbeddings: boolean;
  /** The rotations that layers name by their place here, no two of them equal; none where positions enter in another way. */
  readonly ropes: readonly RopeSpec[];
  /** A learned table of contextLength rows is added to the embeddings. */
  readonly learnedPositions: boolean;
  /** nLayers of them, which may differ in all that they are. */
  readonly layers: readonly LayerSpec[];
  /** The module that drafts the token after next; null where the config or the checkpoint has none. */
  readonly mtp: MtpSpec | null;
  /** Weight dtype the checkpoint declares, e.g. "bfloat16". */
  readonly dtype: string;
}

/** One transformer block. */
export interface LayerSpec {
  readonly attention: AttentionSpec;
  /** Which of the model's `ropes` turns its queries and keys; null: they are not turned. */
  readonly rope: number | null;
  readonly feedForward: FeedForwardSpec;
  readonly residual: ResidualSpec;
}

/** What a block reads and writes between its sublayers. */
export type ResidualSpec = PlainResidualSpec | HyperConnectionsSpec;

/** One residual stream, (T, M), to which every sublayer adds what it makes. */
interface PlainResidualSpec {
  readonly kind: "plain";
}

/**
 * Manifold-constrained hyper-connections: n residual streams, (T, n, M). Every sublayer reads a mixture of them, and what it makes is
 * written into all of them while they are mixed with each other. Of a token, the weights of all three follow from its streams.
 *
 * Streams begin, all n the same, where the first layer has them, and stay n up to the last layer; there the head reads them as one,
 * with weights of its own and the last layer's `eps`. The planner refuses layers that would have other streams than those before.
 * @see arXiv:2409.19606 (hyper-connections), arXiv:2512.24880 (their constraint)
 */
export interface HyperConnectionsSpec {
  readonly kind: "hyperConnections";
  /** n, from 1 to 16. */
  readonly nStreams: number;
  /** How often the columns of the mixing matrix are divided by their sums, rows in between: from 1. */
  readonly sinkhornSteps: number;
  /** Added to what is read, to the mixing matrix, and to the sums that divide it. The norm of the streams has the model's `normEps`. */
  readonly eps: number;
}

export type AttentionSpec = GqaSpec | MlaSpec;

/** Grouped-query attention; nKvHeads === nHeads is plain multi-head attention. */
export interface GqaSpec {
  readonly kind: "gqa";
  readonly nHeads: number;
  readonly nKvHeads: number;
  readonly dHead: number;
  readonly scale: number;
  readonly qkvBias: boolean;
  readonly outBias: boolean;
  /** RMS norm of projected queries and keys before RoPE: over each head, or over all heads together. */
  readonly queryKeyNorm: "head" | "whole" | null;
  /** Queries, keys and values are clamped to [-clip, clip] after projection and norm. */
  readonly clip: number | null;
  /** One more logit per head takes part in the softmax and has no value. */
  readonly sinks: boolean;
  /** A query at position i sees keys j with i - j < window; null sees all. */
  readonly window: number | null;
}

/** Multi-head latent attention, arXiv:2405.04434 section 2.1. */
export interface MlaSpec {
  readonly kind: "mla";
  readonly nHeads: number;
  readonly qLoraRank: number | null; // null: plain q_proj
  readonly kvLoraRank: number; // C
  readonly dNope: number; // P
  readonly dRope: number; // R
  readonly dValue: number; // V
  readonly latentNormEps: number;
  /** (P+R)^-1/2, times YaRN's mscale squared where the config asks for it. */
  readonly scale: number;
  /** DeepSeek sparse attention; null: every query sees all keys before it. */
  readonly indexer: IndexerSpec | null;
}

/** The lightning indexer, which chooses the keys that a query of sparse attention sees. arXiv:2512.02556 section 2.1 */
export interface IndexerSpec {
  readonly nHeads: number; // N
  readonly dHead: number; // D
  readonly topK: number;
  readonly normEps: number;
}

/** Multi-token prediction: one more block, behind the model's last. arXiv:2412.19437 section 2.2 */
interface MtpSpec {
  readonly layer: LayerSpec;
  /** Tables of its own; else the model's. */
  readonly ownEmbedding: boolean;
  readonly ownHead: boolean;
}

/** `rope_type` of transformers. */
export type RopeScaling = "default" | "linear" | "dynamic" | "llama3" | "yarn";

export interface RopeSpec {
  readonly layout: "interleaved" | "half";
  readonly scaling: RopeScaling;
  /** Rotated dims per head, 2 at least, the first of it where heads are wider (MLA: the last). */
  readonly dim: number;
  /** dim/2 frequencies, scaling (YaRN, llama3) already applied. */
  readonly inverseFrequencies: readonly number[];
  /** Frequencies that fall as a sequence grows beyond the trained length; null: they are the same at every length. */
  readonly dynamic: DynamicNtk | null;
  /** Multiplier on cos and sin (YaRN's attention factor). */
  readonly magnitude: number;
}

/** Dynamic NTK scaling: the base of the frequencies grows with the sequence. */
export interface DynamicNtk {
  readonly theta: number;
  readonly factor: number;
  /** Up to here nothing is scaled. */
  readonly trainedLength: number;
}

export type FeedForwardSpec = DenseSpec | MoeSpec;

export interface DenseSpec {
  readonly kind: "dense";
  readonly dMlp: number;
  /** swiGlu: gate, up and down projections; gelu: up and down alone. */
  readonly activation: "swiGlu" | "gelu";
  readonly bias: boolean;
}

export interface MoeSpec {
  readonly kind: "moe";
  readonly nExperts: number; // E
  readonly nExpertsPerToken: number; // k
  readonly dExpert: number;
  /** Width of the one shared MLP (n_shared_experts * moe_intermediate_size), 0 if none. */
  readonly dShared: number;
  readonly activation: GluActivation;
  /** Of the router's logits and of every expert's projections. */
  readonly bias: boolean;
  readonly scoring: "sigmoid" | "softmax";
  readonly selectionBias: boolean;
  readonly nGroups: number;
  readonly nGroupsKept: number;
  readonly groupScore: "top2sum" | "max";
  readonly normalizeWeights: boolean;
  readonly scale: number;
}
