import type { DeviceTensor } from "./deviceTensor.ts";

/**
 * The closed set of operators. T is the step's nTokens, S = start + T. Every tensor is row-major with the token axis
 * first and may have more rows than are used: row t of a contract is row `step.row` + t of the tensor. All arithmetic accumulates in f32 (reference: f64). What an operator
 * writes is never one of the tensors it reads.
 */
export type Operator =
  | Embed
  | AddPosition
  | RmsNorm
  | LayerNorm
  | Clamp
  | Matmul
  | Rope
  | WriteRows
  | MlaLatent
  | MlaAbsorbQuery
  | MlaExpand
  | MlaValue
  | IndexScores
  | SelectKeys
  | Attention
  | Add
  | SpreadStreams
  | StreamWeights
  | ReadStreams
  | WriteStreams
  | SwiGlu
  | Gelu
  | Route
  | ExpertsUp
  | ExpertsDown
  | ExpertsCombine
  | LastRow
  | TokenLogProbs
  | AttentionTile
  | AttentionMetrics
  | ProjectHeads
  | Edit
  | EditMap
  | AttentionScores
  | Softmax
  | MixValues;

export type OperatorKind = Operator["kind"];

/** Those that compute scores of queries and keys, and take the same edits of them. */
export type ScoringOperator = Attention | AttentionScores | AttentionTile | AttentionMetrics;

/** Rows of an operator: the step's T, or the single row that `lastRow` made. */
type Rows = "tokens" | "one";

/** out[t] = table[ids[t]]. */
export interface Embed {
  readonly kind: "embed";
  readonly ids: DeviceTensor; // (T) i32
  readonly table: DeviceTensor; // (V, M)
  readonly out: DeviceTensor; // (T, M)
}

/** out[t] = x[t] + table[start + t + shift]. */
export interface AddPosition {
  readonly kind: "addPosition";
  readonly shift: number; // a whole number from 0
  readonly x: DeviceTensor; // (T, M)
  readonly table: DeviceTensor; // (positions, M)
  readonly out: DeviceTensor; // (T, M)
}

/** out = x (mean(x^2) + eps)^-1/2 weight, over each run of N elements of a row: the row itself, or every head of it. */
export interface RmsNorm {
  readonly kind: "rmsNorm";
  readonly rows: Rows;
  readonly x: DeviceTensor; // (T, G*N)
  readonly weight: DeviceTensor; // (N)
  readonly eps: number;
  readonly out: DeviceTensor; // (T, G*N)
}

/** out = (x - mean) (variance + eps)^-1/2 weight + bias, over the row; the variance is the biased one. arXiv:1607.06450 */
export interface LayerNorm {
  readonly kind: "layerNorm";
  readonly rows: Rows;
  readonly x: DeviceTensor; // (T, N)
  readonly weight: DeviceTensor; // (N)
  readonly bias: DeviceTensor; // (N)
  readonly eps: number;
  readonly out: DeviceTensor; // (T, N)
}

/** out = x, but at least -limit and at most limit. */
export interface Clamp {
  readonly kind: "clamp";
  readonly limit: number; // above 0
  readonly x: DeviceTensor; // (T, N)
  readonly out: DeviceTensor; // (T, N)
}

/** out = x weight^T + bias + residual. The additions happen in that order. */
export interface Matmul {
  readonly kind: "matmul";
  readonly rows: Rows;
  readonly x: DeviceTensor; // (T, K) or any shape whose rows have K elements
  readonly weight: DeviceTensor; // (N, K)
  readonly bias: DeviceTensor | null; // (N)
  readonly residual: DeviceTensor | null; // (T, N)
  readonly out: DeviceTensor; // (T, N)
}

export type RopeLayout = "interleaved" | "half";

/** Rotates dims [offset, offset + dim) of every head by the angle of position start + t; the rest is copied. */
export interface Rope {
  readonly kind: "rope";
  readonly layout: RopeLayout;
  readonly offset: number;
  readonly dim: number;
  readonly x: DeviceTensor; // (T, H, D)
  readonly cos: DeviceTensor; // (context, dim/2) f32, YaRN's attention factor already in
  readonly sin: DeviceTensor; // (context, dim/2)
  readonly out: DeviceTensor; // (T, H, D)
}

/** cache[start + t] = x[t]. */
export interface WriteRows {
  readonly kind: "writeRows";
  readonly x: DeviceTensor; // (T, W)
  readonly cache: DeviceTensor; // (context, W)
}

/** out[t] = [RMS(x[t, :C]) weight | RoPE(x[t, C:])]: the latent and the shared rotary key. arXiv:2405.04434 eq. 9, 13-15. */
export interface MlaLatent {
  readonly kind: "mlaLatent";
  readonly layout: RopeLayout;
  readonly eps: number;
  readonly x: DeviceTensor; // (T, C+R)
  readonly weight: DeviceTensor; // (C)
  readonly cos: DeviceTensor; // (context, R/2)
  readonly sin: DeviceTensor;
  readonly out: DeviceTensor; // (T, C+R)
}

/** out[t,h] = [keyWeight[h] q[t,h,:P] | q[t,h,P:]], so that attention can run on the latent itself. */
export interface MlaAbsorbQuery {
  readonly kind: "mlaAbsorbQuery";
  readonly q: DeviceTensor; // (T, H, P+R), rotated
  readonly keyWeight: DeviceTensor; // (H, C, P)
  readonly out: DeviceTensor; // (T, H, C+R)
}

/** Keys and values of every cached token s < S: k[s,h] = [keyWeight[h]^T c_s | p_s], v[s,h] = valueWeight[h] c_s. */
export interface MlaExpand {
  readonly kind: "mlaExpand";
  readonly cache: DeviceTensor; // (context, C+R)
  readonly keyWeight: DeviceTensor; // (H, C, P)
  readonly valueWeight: DeviceTensor; // (H, V, C)
  readonly k: DeviceTensor; // (context, H, P+R)
  readonly v: DeviceTensor; // (context, H, V)
}

/** out[t,h] = valueWeight[h] u[t,h]. */
export interface MlaValue {
  readonly kind: "mlaValue";
  readonly u: DeviceTensor; // (T, H, C)
  readonly valueWeight: DeviceTensor; // (H, V, C)
  readonly out: DeviceTensor; // (T, H, V)
}

/**
 * The lightning indexer's scores, arXiv:2512.02556 eq. 1:
 * out[t,s] = scale sum over n of weights[t,n] ReLU(q[t,n] . k[s]) for s <= start + t, and -inf for every later s of the row.
 */
export interface IndexScores {
  readonly kind: "indexScores";
  readonly scale: number;
  readonly q: DeviceTensor; // (T, N, D)
  readonly k: DeviceTensor; // (context, D)
  readonly weights: DeviceTensor; // (T, N)
  readonly out: DeviceTensor; // (T, context)
}

/**
 * The k best keys of each query among those at positions up to its own, or all of them where there are fewer: positions
 * in ascending order, then -1. Of equal scores the earlier position wins.
 */
export interface SelectKeys {
  readonly kind: "selectKeys";
  readonly k: number;
  readonly scores: DeviceTensor; // (T, context)
  readonly indices: DeviceTensor; // (T, k) i32
}

/**
 * Causal flash attention of T queries over S cached keys, K key heads shared by H query heads (H % K === 0).
 * Nothing of size T x S is written. lse = log sum exp of the scaled scores and of the sink, natural log. A query that sees
 * no key has z = 0, and lse = its sink, or -inf without one. With p(s) = exp(score - lse) the moments of a query at position i are
 * -sum over s of p(s) ln p(s), in nats, and the sum over s of p(s) (i - s); 0 of one that sees no key. Writing them changes no bit of z and lse.
 * @see arXiv:2205.14135
 */
export interface Attention {
  readonly kind: "attention";
  readonly scale: number;
  /** A query at position i sees keys j with i - j < window; null sees all. */
  readonly window: number | null;
  readonly nHeads: number; // H
  readonly nKvHeads: number; // K
  readonly dKey: number; // Dk
  readonly dValue: number; // Dv
  readonly q: DeviceTensor; // (T, H, Dk)
  readonly k: DeviceTensor; // (context, K, Dk)
  /** (context, K, Dv), or null: the first Dv entries of the key row, as in absorbed MLA. */
  readonly v: DeviceTensor | null;
  /** (H), or null: one more logit per head that takes its share of the softmax and has no value. arXiv:2309.17453 */
  readonly sinks: DeviceTensor | null;
  /** (T, k) i32 as `selectKeys` writes it, or null: the only keys a query sees. */
  readonly selection: DeviceTensor | null;
  /** (H), above 0, or null: the scaled scores of a head, not its sink, are divided by its temperature; 1 changes no bit. */
  readonly temperatures: DeviceTensor | null;
  /** Single edges that are not seen, as edgeMask.ts lays them out for all rows of q; or null. */
  readonly mask: DeviceTensor | null; // i32
  readonly out: DeviceTensor; // (T, H, Dv)
  readonly lse: DeviceTensor; // (T, H)
  readonly moments: DeviceTensor | null; // (T, H, 2)
}

/** out = a + b. */
export interface Add {
  readonly kind: "add";
  readonly a: DeviceTensor; // (T, N)
  readonly b: DeviceTensor; // (T, N)
  readonly out: DeviceTensor; // (T, N)
}

/** out[t,j] = x[t] for each of n streams: where the residual stream becomes several. */
export interface SpreadStreams {
  readonly kind: "spreadStreams";
  readonly x: DeviceTensor; // (T, M)
  readonly out: DeviceTensor; // (T, n, M)
}

/**
 * The weights of one hyper-connection, from what a projection of all streams gives. z = (logits[t] / rms(x[t])) scale + base, where
 * rms = (mean of all n*M squares + normEps)^1/2 and scale has one number for each of the three parts of a row:
 *
 * pre = sigmoid(z[:n]) + eps, post = 2 sigmoid(z[n:2n]), comb = softmax(row of z[2n:] as (n, n)) + eps, row = from, column = to.
 * Then every column of comb is divided by its sum + eps, and `sinkhornSteps` - 1 times first every row, then every column. Columns come last.
 *
 * Where streams are only read, as by the head, logits are (T, n), scale has one number, post and comb are null.
 * @see arXiv:2512.24880
 */
export interface StreamWeights {
  readonly kind: "streamWeights";
  readonly normEps: number;
  readonly eps: number; // 0 or more
  readonly sinkhornSteps: number; // a whole number from 1; ignored without comb
  readonly x: DeviceTensor; // (T, n, M), n at most 16
  readonly logits: DeviceTensor; // (T, (2+n)*n), or (T, n)
  readonly base: DeviceTensor; // ((2+n)*n), or (n)
  readonly scale: DeviceTensor; // (3), or (1)
  readonly pre: DeviceTensor; // (T, n)
  readonly post: DeviceTensor | null; // (T, n)
  readonly comb: DeviceTensor | null; // (T, n, n)
}

/** out[t] = sum over j of pre[t,j] x[t,j], j ascending: what a sublayer reads of n streams. */
export interface ReadStreams {
  readonly kind: "readStreams";
  readonly x: DeviceTensor; // (T, n, M)
  readonly pre: DeviceTensor; // (T, n)
  readonly out: DeviceTensor; // (T, M)
}

/** out[t,k] = post[t,k] delta[t] + sum over j of comb[t,j,k] x[t,j], added in that order, j ascending. */
export interface WriteStreams {
  readonly kind: "writeStreams";
  readonly x: DeviceTensor; // (T, n, M)
  readonly delta: DeviceTensor; // (T, M), what the sublayer made
  readonly post: DeviceTensor; // (T, n)
  readonly comb: DeviceTensor; // (T, n, n)
  readonly out: DeviceTensor; // (T, n, M)
}

/** out = silu(gate) * up. */
export interface SwiGlu {
  readonly kind: "swiGlu";
  readonly gate: DeviceTensor; // (T, I)
  readonly up: DeviceTensor; // (T, I)
  readonly out: DeviceTensor; // (T, I)
}

/** out = x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))). arXiv:1606.08415 section 2 */
export interface Gelu {
  readonly kind: "gelu";
  readonly x: DeviceTensor; // (T, N)
  readonly out: DeviceTensor; // (T, N)
}

/**
 * Scores, selection and weights of DeepSeekMoE's gate (arXiv:2412.19437 eq. 12-16) and of plain softmax routers.
 * scores = sigmoid or softmax of logits; biased = scores + bias; selection on biased, within the best groups;
 * weights from the unbiased scores, in descending order of weight; every tie goes to the lower index.
 *
 * `adjust` changes the selection alone: where adjustRows[t] is 0 or more, biased += adjust[adjustRows[t]]. An expert at
 * +inf is forced: chosen before all others, from whatever group, and its group is kept before those without one. An expert
 * at -inf is forbidden: chosen only where fewer than k others are left, be they in groups that lost (lower index first).
 *
 * With `counts` row t chooses counts[t] experts in place of k, or k where that is below 0. The places that are left have the
 * index -1 and the weight 0.
 */
export interface Route {
  readonly kind: "route";
  readonly scoring: "sigmoid" | "softmax";
  readonly k: number;
  readonly nGroups: number; // 1 = no groups
  readonly nGroupsKept: number;
  readonly groupScore: "top2sum" | "max";
  /** Divide the chosen weights by their sum + 1e-20. */
  readonly normalize: boolean;
  readonly scale: number;
  readonly logits: DeviceTensor; // (T, E)
  readonly bias: DeviceTensor | null; // (E)
  readonly adjust: DeviceTensor | null; // (R, E), with adjustRows; 0 changes no bit
  readonly adjustRows: DeviceTensor | null; // (T) i32, below 0: row t is not adjusted
  readonly counts: DeviceTensor | null; // (T) i32, at most k
  readonly scores: DeviceTensor; // (T, E)
  readonly biased: DeviceTensor; // (T, E), losers of the group selection at -inf unless forced (reported as is)
  readonly indices: DeviceTensor; // (T, k) i32
  readonly weights: DeviceTensor; // (T, k)
}

/**
 * How an expert joins its gate g and its up projection u. silu: silu(g) u; clamped: with g' = min(g, limit) and u'
 * clamped to [-limit, limit], g' sigmoid(alpha g') (u' + 1). arXiv:2508.10925 section 2.1
 */
export type GluActivation =
  | { readonly kind: "silu" }
  | { readonly kind: "clamped"; readonly alpha: number; readonly limit: number };

/** out[t,j] = activation of gate[e] x[t] + gateBias[e] and up[e] x[t] + upBias[e], with e = indices[t,j]; 0 where e is -1. */
export interface ExpertsUp {
  readonly kind: "expertsUp";
  readonly x: DeviceTensor; // (T, M)
  readonly indices: DeviceTensor; // (T, k) i32
  readonly activation: GluActivation;
  readonly gate: DeviceTensor; // (E, I, M)
  readonly up: DeviceTensor; // (E, I, M)
  readonly gateBias: DeviceTensor | null; // (E, I)
  readonly upBias: DeviceTensor | null; // (E, I)
  readonly out: DeviceTensor; // (T, k, I)
}

/** out[t,j] = down[e] h[t,j] + bias[e] with e = indices[t,j], and 0 where e is -1; not yet weighted. */
export interface ExpertsDown {
  readonly kind: "expertsDown";
  readonly h: DeviceTensor; // (T, k, I)
  readonly indices: DeviceTensor; // (T, k) i32
  readonly down: DeviceTensor; // (E, M, I)
  readonly bias: DeviceTensor | null; // (E, M)
  readonly out: DeviceTensor; // (T, k, M)
}

/** out[t] = sum over j of weights[t,j] experts[t,j], j ascending, then + shared[t]. */
export interface ExpertsCombine {
  readonly kind: "expertsCombine";
  readonly experts: DeviceTensor; // (T, k, M)
  readonly weights: DeviceTensor; // (T, k)
  readonly shared: DeviceTensor | null; // (T, M)
  readonly out: DeviceTensor; // (T, M)
}

/** out[0] = x[T-1]. */
export interface LastRow {
  readonly kind: "lastRow";
  readonly x: DeviceTensor; // (T, N)
  readonly out: DeviceTensor; // (1, N)
}

/**
 * out[t] = logits[t,id] - max - ln sum over v of e^(logits[t,v] - max) with id = ids[t]: the natural log of the probability that
 * the row gives that token. 0 where the id is none of the V, such as -1 for a token that is not known yet.
 */
export interface TokenLogProbs {
  readonly kind: "tokenLogProbs";
  readonly logits: DeviceTensor; // (T, V)
  readonly ids: DeviceTensor; // (T) i32
  readonly out: DeviceTensor; // (T)
}

/** What a cell of a pooled tile stands for. */
export interface TilePool {
  /** Side of its block. */
  readonly size: number;
  readonly kind: "mean" | "max";
  /** Of the block's queries every step-th is looked at; default 1, all of them. */
  readonly step?: number;
}

/**
 * A tile of attention maps, recomputed: pattern = exp(score - lse) with score = scale q.k / temperature, or the scores
 * themselves (-inf where masked); where lse is -inf, the pattern is 0. Row r of the tile is the query at position
 * queryStart + r, which is row queryStart + r of q: the run starts at position 0. With a pool of p, each output cell is the max over the visible cells of a p x p block of the tile, or
 * their sum over the block's area (masked cells counted, cells past the tile's edge not). With a step of s, a block has only every s-th of its
 * queries, counted back from its last one, and its area is that of these. A block without a visible cell
 * is 0 for pattern and -inf for scores. A cell is visible as in `attention`: causal, within the window, in the selection, not masked. Ignores the step; the cells are packed from the start of `out`.
 */
export interface AttentionTile {
  readonly kind: "attentionTile";
  readonly mode: "pattern" | "scores";
  readonly pool: TilePool | null;
  readonly scale: number;
  readonly window: number | null;
  readonly nHeads: number;
  readonly nKvHeads: number;
  readonly dKey: number;
  readonly headStart: number;
  readonly headCount: number;
  readonly queryStart: number;
  readonly queryCount: number;
  readonly keyStart: number;
  readonly keyCount: number;
  readonly q: DeviceTensor; // (T, H, Dk)
  readonly k: DeviceTensor; // (context, K, Dk)
  readonly lse: DeviceTensor; // (T, H)
  readonly selection: DeviceTensor | null; // (T, k) i32
  readonly temperatures: DeviceTensor | null; // (H)
  readonly mask: DeviceTensor | null; // i32, laid out for q
  readonly out: DeviceTensor; // (headCount, ceil(queryCount/p), ceil(keyCount/p))
}

/** Numbers that `attentionMetrics` writes for a query of a head. */
export const ATTENTION_METRICS = 7;

/**
 * What rows of the pattern say of their heads. Row r is of the query i = queryStart + r queryStep; with p the row that `attentionTile`
 * gives of it, 0 for what is not visible:
 * out[r,h] = [p(i-1), the sum of p(j+1) over the earlier positions j of i's token, p(i), p(0), -sum over s of p(s) log2 p(s), the sum of
 * p(j) over the same j, the sum over s of p(s) (i-s)], with -1 for the first at i = 0, and for the second and sixth where there is no such j.
 * With `moments` the fifth and the last are taken from there, and only the keys that the others name are looked at: three, and two for
 * each j. Without, all keys are. Ignores the step, as `attentionTile`.
 */
export interface AttentionMetrics {
  readonly kind: "attentionMetrics";
  readonly scale: number;
  readonly window: number | null;
  readonly nHeads: number; // H
  readonly nKvHeads: number; // K
  readonly dKey: number; // Dk
  readonly queryStart: number;
  readonly queryCount: number;
  /** At least 1. */
  readonly queryStep: number;
  readonly q: DeviceTensor; // (T, H, Dk)
  readonly k: DeviceTensor; // (context, K, Dk)
  readonly lse: DeviceTensor; // (T, H)
  readonly selection: DeviceTensor | null; // (T, k) i32
  readonly temperatures: DeviceTensor | null; // (H)
  readonly mask: DeviceTensor | null; // i32, laid out for q
  /** As `attention` wrote them with this lse; or null. */
  readonly moments: DeviceTensor | null; // (T, H, 2)
  /** The last earlier position of each token, -1 for none; a chain ends where it does not go down. */
  readonly earlier: DeviceTensor; // (T) i32
  readonly out: DeviceTensor; // (ceil(queryCount / queryStep), H, ATTENTION_METRICS)
}

/** out[t,h] = outputWeight[:, hV:(h+1)V] z[t,h]: each head's own share of the attention output. Sums to attn_out. */
export interface ProjectHeads {
  readonly kind: "projectHeads";
  readonly z: DeviceTensor; // (T, H, V)
  readonly outputWeight: DeviceTensor; // (M, H*V)
  readonly out: DeviceTensor; // (T, H, M)
}

/** What `edit` makes of the columns of a row, with v its row of `values`. */
export type EditAction =
  | "zero" // 0
  | "scale" // x factor
  | "add" // x + v; where v is 0, x as it is
  | "replace" // v
  | "project" // x - v (x.v) / (v.v), x without its part along v; where v.v is 0, x as it is
  | "average"; // the mean of the columns, in each of them

/**
 * out = x, with columns [columnStart, columnStart + columnCount) of some rows changed. Row t stays as it is where rows[t]
 * is below 0; else rows[t] is its row of `values`, and any number where the action reads none. What is not changed keeps
 * its bits, as does everything that is scaled by 1.
 */
export interface Edit {
  readonly kind: "edit";
  readonly action: EditAction;
  /** Columns of the flattened row of N elements. */
  readonly columnStart: number;
  readonly columnCount: number;
  /** Of `scale`, finite; other actions ignore it. */
  readonly factor: number;
  readonly x: DeviceTensor; // (T, N)
  readonly rows: DeviceTensor; // (T) i32
  /** (R, columnCount) for add, replace and project; null for the others. */
  readonly values: DeviceTensor | null;
  readonly out: DeviceTensor; // (T, N)
}

/**
 * The maps that `attention` does not write. The scores: out[t,h,s] = scale q.k / temperature, and -inf for every other s of the
 * row, be it later, outside of the window or of the selection, or masked. With `lse` the pattern: exp(score - lse), and 0 in
 * those places; where lse is -inf, the row is 0. Both have the bits that `attentionTile` gives. With `softmax` and `mixValues` it
 * takes attention apart where scores or patterns are edited.
 */
export interface AttentionScores {
  readonly kind: "attentionScores";
  readonly scale: number;
  readonly window: number | null;
  readonly nHeads: number; // H
  readonly nKvHeads: number; // K
  readonly dKey: number; // Dk
  readonly q: DeviceTensor; // (T, H, Dk)
  readonly k: DeviceTensor; // (context, K, Dk)
  readonly lse: DeviceTensor | null; // (T, H)
  readonly selection: DeviceTensor | null; // (T, k) i32
  readonly temperatures: DeviceTensor | null; // (H)
  readonly mask: DeviceTensor | null; // i32, laid out for q
  readonly out: DeviceTensor; // (T, H, context)
}

/** What `editMap` makes of the cells of a row, with v its row of `values`; `project` counts the changed cells alone. */
export type MapAction = Exclude<EditAction, "average">;

/**
 * `edit` for maps of attention: out = x, with cells of some heads of some rows changed. Row t stays as it is where rows[t] is
 * below 0; else its cells at s <= start + t change, of which `values` has the first W, the same for each of the heads. A score of
 * -inf is a key that is not seen: scale, add and project leave it as it is. What is not changed keeps its bits.
 */
export interface EditMap {
  readonly kind: "editMap";
  readonly action: MapAction;
  readonly headStart: number;
  readonly headCount: number;
  /** Of `scale`, finite; other actions ignore it. */
  readonly factor: number;
  readonly x: DeviceTensor; // (T, H, context)
  readonly rows: DeviceTensor; // (T) i32
  /** (R, W) for add, replace and project; null for the others. */
  readonly values: DeviceTensor | null;
  readonly out: DeviceTensor; // (T, H, context)
}

/**
 * The pattern of edited scores: out[t,h,s] = exp(x[t,h,s] - lse[t,h]) for s <= start + t, 0 for every later s of the row.
 * lse = log sum exp of those scores and of the sink. Where all of them are -inf, the row is 0 and lse the sink, or -inf without
 * one. Where x has the bits of `before` at all those s it is not edited: out[t,h] has the bits of pattern[t,h], and lse[t,h]
 * those of norms[t,h].
 */
export interface Softmax {
  readonly kind: "softmax";
  readonly x: DeviceTensor; // (T, H, context)
  readonly before: DeviceTensor; // (T, H, context), the scores as `attentionScores` wrote them
  readonly pattern: DeviceTensor; // (T, H, context), of those scores
  readonly norms: DeviceTensor; // (T, H), the lse that `attention` wrote
  readonly sinks: DeviceTensor | null; // (H)
  readonly out: DeviceTensor; // (T, H, context)
  readonly lse: DeviceTensor; // (T, H)
}

/**
 * What attention makes of an edited pattern: out[t,h] = sum over s <= start + t of pattern[t,h,s] values[s], s ascending.
 * Where the pattern has the bits of `before` at all those s it is not edited, and out[t,h] has the bits of z[t,h].
 */
export interface MixValues {
  readonly kind: "mixValues";
  readonly nHeads: number; // H
  readonly nKvHeads: number; // K
  readonly dValue: number; // Dv
  readonly pattern: DeviceTensor; // (T, H, context)
  readonly before: DeviceTensor; // (T, H, context), as `attentionScores` wrote it
  readonly z: DeviceTensor; // (T, H, Dv), as `attention` wrote it
  /** (context, K, Dv), or longer rows of which the first Dv entries are taken, such as absorbed MLA's keys. */
  readonly values: DeviceTensor;
  readonly out: DeviceTensor; // (T, H, Dv)
}
