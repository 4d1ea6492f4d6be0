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
  readonly normEps: number;
  readonly tiedEmbeddings: boolean;
  readonly attention: AttentionSpec;
  readonly rope: RopeSpec;
  readonly layers: readonly FeedForwardSpec[];
  /** Weight dtype the checkpoint declares, e.g. "bfloat16". */
  readonly dtype: string;
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
}

export interface RopeSpec {
  readonly layout: "interleaved" | "half";
  /** Rotated dims per head. */
  readonly dim: number;
  /** dim/2 frequencies, scaling (YaRN, llama3) already applied. */
  readonly inverseFrequencies: readonly number[];
  /** Multiplier on cos and sin (YaRN's attention factor). */
  readonly magnitude: number;
}

export type FeedForwardSpec = DenseSpec | MoeSpec;

interface DenseSpec {
  readonly kind: "dense";
  readonly dMlp: number;
}

export interface MoeSpec {
  readonly kind: "moe";
  readonly nExperts: number; // E
  readonly nExpertsPerToken: number; // k
  readonly dExpert: number;
  /** Width of the one shared MLP (n_shared_experts * moe_intermediate_size), 0 if none. */
  readonly dShared: number;
  readonly scoring: "sigmoid" | "softmax";
  readonly selectionBias: boolean;
  readonly nGroups: number;
  readonly nGroupsKept: number;
  readonly groupScore: "top2sum" | "max";
  readonly normalizeWeights: boolean;
  readonly scale: number;
}
