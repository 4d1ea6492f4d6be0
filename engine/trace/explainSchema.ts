/**
 * What residual sites say of the next token when they go through the final norm and the unembedding early. Row-major over sites and
 * positions; recomputed on the run's backend.
 */
export interface LensRecord {
  readonly label: "recomputed";
  /** Through the translators of a tuned lens. */
  readonly translated: boolean;
  readonly sites: readonly string[]; // (S)
  readonly positions: Int32Array; // (P)
  readonly topK: number; // K
  /** (S, P, K) the likeliest tokens, likeliest first; -1 where fewer are possible. */
  readonly ids: Int32Array;
  readonly probabilities: Float32Array; // (S, P, K)
  /** (P) the token that ranks and log probabilities are of; -1 where none follows. */
  readonly targets: Int32Array;
  /** (S, P) 0 for the likeliest; -1 without a target. */
  readonly ranks: Int32Array;
  /** (S, P) natural; NaN without a target. */
  readonly logProbs: Float32Array;
  readonly entropyBits: Float32Array; // (S, P)
}

/** What a model expects behind tokens of a run: of its distributions over the next token. Recomputed. */
export interface TopTokensRecord {
  readonly label: "recomputed";
  readonly positions: Int32Array; // (P)
  readonly topK: number; // K
  /** (P, K) the likeliest tokens, likeliest first; -1 where fewer are possible. */
  readonly ids: Int32Array;
  readonly probabilities: Float32Array; // (P, K)
  /** (P) the token that ranks and log probabilities are of; -1 where none follows. */
  readonly targets: Int32Array;
  /** (P) 0 for the likeliest; -1 without a target. */
  readonly ranks: Int32Array;
  /** (P) natural; NaN without a target. */
  readonly logProbs: Float32Array;
  readonly entropyBits: Float32Array; // (P)
}

/** One of the parts that a logit is the sum of. */
export interface AttributionPart {
  readonly kind:
    | "embedding"
    | "position"
    | "head"
    | "attentionBias"
    | "mlp"
    | "mlpBias"
    | "expert"
    | "sharedExpert"
    | "normBias";
  /** Null outside of layers. */
  readonly layer: number | null;
  /** Of a head or an expert. */
  readonly index: number | null;
  /** Logits that it adds. */
  readonly value: number;
}

/** A logit, or the difference of two, split by what adds to the residual stream, the final norm's scale held. */
export interface AttributionRecord {
  readonly label: "recomputed";
  readonly target: number;
  /** The token whose logit is taken from the target's; null: the logit itself. */
  readonly against: number | null;
  readonly position: number;
  /** As the run has it. */
  readonly logit: number;
  /** In the order of the forward pass. */
  readonly parts: readonly AttributionPart[];
  /** The logit less the sum of the parts: what rounding makes. */
  readonly remainder: number;
  /** (heads among `parts`, position + 1) what each brings from each position; null where it was not asked for. */
  readonly sources: Float64Array | null;
}

/** Where two runs part. */
export interface Parting {
  readonly site: string;
  /** The first whose numbers differ there. */
  readonly position: number;
  /** The largest difference of two numbers of that position. */
  readonly difference: number;
}

/** Experts that a token was sent to in one of two runs alone. */
export interface ChangedRoute {
  readonly layer: number;
  readonly position: number;
  /** Chosen in the first run and not in the second. */
  readonly left: readonly number[];
  /** Chosen in the second run and not in the first. */
  readonly joined: readonly number[];
}

/** How two runs, a and b, of T tokens each differ. Recomputed. */
export interface CompareRecord {
  readonly label: "recomputed";
  /** (T) Kullback-Leibler divergence in nats of b's next token from a's: the sum of p_a (log p_a - log p_b). */
  readonly kl: Float64Array;
  /** (T) the token of a that follows; -1 behind the last. */
  readonly targets: Int32Array;
  /** (T) b's logit of that token less a's; behind the last, of a's likeliest. */
  readonly logitDifference: Float64Array;
  readonly topA: Int32Array; // (T) likeliest next tokens
  readonly topB: Int32Array; // (T)
  /** Null: no site parts. */
  readonly parting: Parting | null;
  /** Null where the models have other experts. */
  readonly changedRoutes: readonly ChangedRoute[] | null;
}

/** A token at which a unit is large. */
export interface TopActivation {
  readonly value: number;
  /** Which text of the corpus, from 0. */
  readonly text: number;
  readonly position: number;
  /** The texts of the tokens before it, of it, and behind it. */
  readonly before: string;
  readonly token: string;
  readonly after: string;
}

/** The tokens of a corpus at which units of a site are largest. */
export interface TopActivationsRecord {
  readonly label: "recomputed";
  readonly site: string;
  readonly units: readonly number[]; // (U)
  readonly topK: number;
  readonly nTexts: number;
  readonly nTokens: number;
  /** (U) of each unit up to `topK`, descending; among equals in the order of the corpus. */
  readonly activations: readonly (readonly TopActivation[])[];
}

/** What a dictionary's features are at tokens of a run: of each token the largest first, among equals the lower id. */
export interface FeaturesRecord {
  readonly label: "recomputed";
  readonly site: string;
  /** sha256 of the dictionary's files. */
  readonly dictionary: string;
  readonly nFeatures: number;
  /** Where the products with the encoder were computed. */
  readonly computedOn: "host" | "cpu" | "webgpu" | "reference";
  readonly positions: Int32Array; // (P)
  /** (P) features of the token that are above 0, told or not. */
  readonly active: Int32Array;
  /** (P + 1) token p has the entries [offsets[p], offsets[p + 1]) of `ids` and `values`. */
  readonly offsets: Int32Array;
  readonly ids: Int32Array;
  readonly values: Float64Array;
}

/** A direction that tells two classes of tokens apart, and how well it does so where it was not fitted. */
export interface ProbeRecord {
  readonly label: "recomputed";
  readonly site: string;
  /** Of a site with heads; null: all of them. */
  readonly head: number | null;
  readonly method: "logistic" | "meanDifference";
  /** Labels as text; the second lies in the direction. */
  readonly classes: readonly [string, string];
  /** (M) a row's score is its product with the direction, plus the intercept; above 0 it is of the second class. */
  readonly direction: Float64Array;
  readonly intercept: number;
  /** Of held-out rows. */
  readonly accuracy: number;
  /** 95%, by Wilson. `effectiveRows`: the independent rows that the held-out ones are worth, those of one run being alike. */
  readonly interval: {
    readonly low: number;
    readonly high: number;
    readonly effectiveRows: number;
  };
  /** Held-out rows that are of the class that most training rows have, as a share. */
  readonly baseline: number;
  /** Of the rows that it was fitted to. */
  readonly trainAccuracy: number;
  readonly nTrain: number;
  readonly nHeldOut: number;
  /** Of the logistic regression; null for the difference of means. */
  readonly fit: {
    readonly l2: number;
    /** Newton steps. */
    readonly iterations: number;
    /** The largest of the objective's derivatives where it ended. */
    readonly gradient: number;
  } | null;
  readonly runs: Int32Array; // (R) which run each row is of
  readonly positions: Int32Array; // (R)
  readonly labels: Uint8Array; // (R) 0 or 1, the index in `classes`
  readonly heldOut: Uint8Array; // (R) 1: not fitted to
  readonly scores: Float64Array; // (R)
}
