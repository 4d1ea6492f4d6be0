/**
 * Plain records that pictures, files and exports read. No classes, no functions: JSON plus typed arrays.
 * Every number says where it comes from.
 */
export type Provenance = "measured" | "derived" | "recomputed" | "unavailable";

export type {
  AttributionPart,
  AttributionRecord,
  ChangedRoute,
  CompareRecord,
  FeaturesRecord,
  LensRecord,
  Parting,
  ProbeRecord,
  TopActivation,
  TopActivationsRecord,
  TopTokensRecord,
} from "./explainSchema.ts";

/**
 * What became of the draft at a generated token's place. accepted: the token is the draft; rejected: the model drew another;
 * bonus: behind accepted drafts, sampled from the same step; plain: nothing was drafted here.
 */
export interface DraftRecord {
  readonly verdict: "accepted" | "rejected" | "bonus" | "plain";
  readonly draftId: number | null;
  /** The draft's under the draft module's raw logits. */
  readonly draftProbability: number | null;
  /** The draft's under the model's raw logits at the same place; that of the token itself where it was accepted. */
  readonly modelProbability: number | null;
  /** Of the token among those that came from its step, from 0. */
  readonly position: number;
}

export interface TokenRecord {
  readonly index: number; // position
  readonly id: number;
  /** The token's own text as it should be shown: control and space characters still raw, invalid UTF-8 as \xNN. */
  readonly text: string;
  readonly special: boolean;
  readonly phase: "prompt" | "generated";
  /** Natural log of the probability the model gave this token at its place; null for the first, and where `promptLogprobs` is false for all of the prompt. */
  readonly logprob: number | null;
  /** Of tokens generated with speculative decoding. */
  readonly draft?: DraftRecord;
  /** Generated between the marks of thinking, the marks included; absent elsewhere. */
  readonly thinking?: true;
  /** Put there by a rule of thinking, not chosen by the model; absent elsewhere. */
  readonly forced?: true;
  /** Which call of a tool it belongs to, from 0, marks included; absent elsewhere, and where the template's marks are no tokens. */
  readonly toolCall?: number;
}

export interface ModelRecord {
  readonly name: string;
  readonly architecture: string;
  /** sha256 of the weight files' headers and sizes and of config.json: names the checkpoint; `hashModel` reads all of it. */
  readonly hash: string;
  readonly nLayers: number;
  /** Query heads of the layer that has the most. */
  readonly nHeads: number;
  /** Query heads of each layer. */
  readonly headsByLayer: readonly number[];
  readonly dModel: number;
  readonly nVocab: number;
  readonly contextLength: number;
  /** Layers with routed experts, ascending; empty for dense models. */
  readonly moeLayers: readonly number[];
  /** Routed experts of the layer that has the most, and the most that one chooses for a token. */
  readonly nExperts: number;
  readonly nExpertsPerToken: number;
  /** Without those that only draft tokens. */
  readonly totalParameters: number;
  readonly activeParameters: number;
  /** Of the module for multi-token prediction; 0 where there is none. */
  readonly draftParameters: number;
}

export interface BackendRecord {
  readonly name: string;
  readonly device: string;
  readonly driver: string;
  /** "exact", or how else activations were multiplied by packed weights. */
  readonly arithmetic: string;
}

/** A change of the forward pass, and how far it reached. */
export interface EditRecord {
  /** As docs/edits.md writes it in JSON. */
  readonly edit: Readonly<Record<string, unknown>> & { readonly kind: string };
  /** Positions [start, end) of the run. */
  readonly positions: readonly [start: number, end: number];
  /** Numbers of a row that it changes; 0 where it changes how an operator works. */
  readonly columns: number;
}

export interface RunRecord {
  readonly runId: string;
  readonly model: ModelRecord;
  readonly backend: BackendRecord;
  readonly tokens: readonly TokenRecord[];
  /** The prompt's tokens have no log probabilities, since none were asked for; absent where they have. */
  readonly promptLogprobs?: false;
  /** In the order in which they were given; absent where nothing was changed. */
  readonly edits?: readonly EditRecord[];
}

/** A piece of one head's map. Row r, column c cover queries and keys [start + i*pool, start + (i+1)*pool). */
export interface AttentionTile {
  readonly layer: number;
  readonly head: number;
  readonly queryStart: number;
  readonly keyStart: number;
  readonly rows: number;
  readonly columns: number;
  /** 1 = exact weights. */
  readonly pool: number;
  readonly poolKind: "mean" | "max";
  /** Heads from `head` on of which this is the mean; 1 where it is left out. */
  readonly headCount?: number;
  /** Of each block's queries every so many-th was looked at; 1, all of them, where it is left out. More is a sample. */
  readonly queryStep?: number;
  readonly weights: Float32Array; // (rows, columns)
}

/** What one layer's sparse attention left out: for every query, what keys that it did not choose would have had. Recomputed. */
export interface DroppedMassRecord {
  readonly layer: number;
  readonly nTokens: number; // T
  readonly nHeads: number; // H
  /** Keys that a query chooses at most. */
  readonly topK: number;
  /** (T) keys that the query chose. */
  readonly kept: Int32Array;
  /**
   * (H, T) 0 to 1: of the softmax over all keys that the query may see, the share of those that it did not choose; exactly 0 where
   * it chose all.
   */
  readonly mass: Float32Array;
}

/** What one decoded token takes behind so many others. Computed from the plan. */
export interface LengthCost {
  /** Positions that the token sees, its own included. */
  readonly context: number;
  readonly flops: number;
  /** Of these, those of scores, of the values that they weigh, and of the indexer. */
  readonly attentionFlops: number;
  readonly weightBytes: number;
  readonly kvReadBytes: number;
}

/** Cost against length, and of the same model where every query sees all keys. Nothing in it is measured. */
export interface LengthCostRecord {
  readonly label: "computed";
  /** Ascending, each twice the one before; the last is the model's context or 131,072 positions. */
  readonly lengths: readonly LengthCost[];
  /** Without the indexer, of the same lengths; null where the model has none. */
  readonly denseLengths: readonly LengthCost[] | null;
}

/** What is measured of a head, in this order. */
export const HEAD_METRICS = [
  "previous",
  "induction",
  "self",
  "first",
  "entropy",
  "duplicate",
  "distance",
] as const;
export type HeadMetric = (typeof HEAD_METRICS)[number];

/**
 * Means over queries of what rows of a layer's patterns say: the weight on the token before, on tokens that follow an earlier
 * copy of the query's, on itself, on the first token, Shannon entropy in bits, the weight on earlier copies of the query's token, and
 * the distance to the keys, in tokens, each by its weight: what a sink takes counts as 0. The first query counts for neither previous
 * nor first; where no token repeats, induction and duplicate are NaN.
 */
export interface HeadMetricsRecord {
  readonly layer: number;
  readonly nTokens: number;
  /** Queries that were looked at; below nTokens the means are of a sample. */
  readonly nQueries: number;
  readonly queryStep: number;
  readonly metrics: typeof HEAD_METRICS;
  readonly means: Float32Array; // (heads of the layer, metrics)
}

/** Routes of all tokens in all MoE layers; row-major over (layer, token, slot). */
export interface RoutingRecord {
  readonly layers: readonly number[];
  readonly nTokens: number;
  readonly nExperts: number;
  readonly nExpertsPerToken: number;
  /** (layers, T, k), descending weight; -1, with the weight 0, behind the experts of a token that edits sent to fewer. */
  readonly indices: Int32Array;
  readonly weights: Float32Array; // (layers, T, k)
  /** Shannon entropy in bits of the router's scores normalised to sum 1, (layers, T). */
  readonly entropyBits: Float32Array;
  /** Scores the selection looked at, (layers, T, E); -inf for experts of dropped groups. Null unless asked for. */
  readonly biasedScores: Float32Array | null;
  /** Absent unless asked for. */
  readonly choices?: RouteChoices;
}

/** How a layer's router chooses. */
export interface RouterRecord {
  readonly nExperts: number;
  readonly nExpertsPerToken: number;
  readonly scoring: "sigmoid" | "softmax";
  /** A bias that balances the load is added to the scores before selection, and to no weight. */
  readonly hasBias: boolean;
  /** Experts are chosen from the best `nGroupsKept` of so many groups of neighbours; 1: from all. */
  readonly nGroups: number;
  readonly nGroupsKept: number;
  /** Edits of the run change the layer's choice. */
  readonly isEdited: boolean;
}

/** How near every choice of experts was to another one, and what it would be without the router's bias. Derived. */
export interface RouteChoices {
  readonly routers: readonly RouterRecord[]; // (layers)
  /**
   * (layers, T) the lowest score (with the bias) of the chosen experts, less the highest of those that could have been chosen
   * in their place. Below 0 where edits chose otherwise; +inf where there was no other.
   */
  readonly margins: Float32Array;
  /** (layers, T) the expert with that highest score: the (k+1)th; -1 where there was no other. */
  readonly runnersUp: Int32Array;
  /**
   * (layers, T, k) what the layer's rule chooses from the scores alone, best score first. A layer without a bias has its own choice
   * here; one that edits change has -1. Null where no layer has a bias.
   */
  readonly withoutBias: Int32Array | null;
}

/** Tokens as services count them. Cached ones are among the input's, reasoning among the output's. */
export interface UsageRecord {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
}

/** How tasks were answered under one budget of thinking. Measured; right, wrong and cut add up to n. */
export interface ThinkingPoint {
  /** Tokens of thinking that were allowed; null: no limit. */
  readonly budget: number | null;
  /** Tasks asked. */
  readonly n: number;
  readonly right: number;
  readonly wrong: number;
  /** Replies that maxTokens or the context ended before their answer was complete: neither right nor wrong. */
  readonly cut: number;
  /** Of the right ones: those whose thinking the budget ended. */
  readonly rightAfterBudget: number;
  readonly wrongAfterBudget: number;
  /** right / n. */
  readonly share: number;
  /** The Wilson score interval of the share, 95%. */
  readonly low: number;
  readonly high: number;
  /** Mean over all n of generated tokens between the marks of thinking, marks excluded. */
  readonly thinkingTokens: number;
  /** Mean over all n of the other generated tokens, marks and end tokens excluded. */
  readonly answerTokens: number;
}

/** The points of one kind of task, in the order in which the budgets were given. */
export interface ThinkingCurve {
  readonly name: string;
  readonly points: readonly ThinkingPoint[];
}

/** Accuracy by budget of thinking, one curve for each kind of task. */
export interface ThinkingCurveRecord {
  /** The model's name. */
  readonly model: string;
  readonly curves: readonly ThinkingCurve[];
}

/** What a device can do at most, by its data sheet or as measured. */
export interface DeviceRecord {
  readonly name: string;
  /** The page that says so, or the command that measured it. */
  readonly source: string;
  /** When it was written down or measured, as YYYY-MM-DD. */
  readonly date: string;
  /** Of the memory that weights and caches lie in. */
  readonly bytesPerSecond: number;
  /** A multiplication and an addition are two. By the dtype that is multiplied; f32 is always there. */
  readonly flopsPerSecond: {
    readonly f32: number;
    readonly bf16?: number;
    readonly fp8?: number;
    /** Whole numbers of 16 bits, as the cpu backend's arithmetic "i16" multiplies them. */
    readonly i16?: number;
  };
  readonly memoryBytes: number | null;
  /** Rent of one such device; null where nobody lets it. */
  readonly usdPerHour: number | null;
}

/** What a million tokens of a kind cost, in the list's currency. */
export interface TokenPrices {
  readonly input: number;
  /** Input that the service had in its cache. Null: as any other input. */
  readonly cachedInput: number | null;
  readonly output: number;
  /** Output that is reasoning. Null: as any other output. */
  readonly reasoning: number | null;
}

/** Hours of a day, or of some days of the week. */
export interface OffPeakHours {
  /** "HH:MM" in UTC, included. */
  readonly fromUtc: string;
  /** "HH:MM" in UTC, left out. Earlier than `fromUtc`: of the next day. The same: the whole day. */
  readonly untilUtc: string;
  /** Days of the week in UTC that moments within the hours fall on, 1 (Monday) to 7. Null: every day. */
  readonly days: readonly number[] | null;
}

/** A service's price list for one model. */
export interface PriceTable {
  readonly name: string;
  /** The page that says so. */
  readonly source: string;
  /** When it held, as YYYY-MM-DD, or YYYY-MM where only the month is known. */
  readonly date: string;
  /** ISO 4217, e.g. "USD" or "CNY". */
  readonly currency: string;
  readonly perMillion: TokenPrices;
  /** What holds at other hours instead; null where a day has one price. */
  readonly offPeak: {
    readonly hours: readonly OffPeakHours[];
    readonly perMillion: TokenPrices;
  } | null;
  /** Longer prompts have other prices, which the list does not have. Null: prompts of any length have these. */
  readonly maxInputTokens: number | null;
}

/** What a usage costs by a price list, in its currency. The four parts add up to the total. */
export interface PriceRecord {
  readonly currency: string;
  /** Of input that was not cached. */
  readonly input: number;
  readonly cachedInput: number;
  /** Of output that is not reasoning. */
  readonly output: number;
  readonly reasoning: number;
  readonly total: number;
  readonly isOffPeak: boolean;
}

/** One call of a conversation. */
export interface ConversationTurn {
  /** Cached is what the engine or the service really took from its cache. Measured. */
  readonly usage: UsageRecord;
  /**
   * Input that a service could have had in its cache: the longest beginning that an earlier call of the conversation has too,
   * in whole blocks. Derived; null where the ids of this call or of an earlier one are unknown.
   */
  readonly shareableInputTokens: number | null;
}

/** What one call costs: with nothing cached, with what was cached, and with all that could have been. */
export interface TurnPrices {
  readonly uncached: PriceRecord;
  readonly shared: PriceRecord;
  /** Null where it is unknown how much could have been. */
  readonly shareable: PriceRecord | null;
}

/** A conversation under one price list. */
export interface ConversationLine {
  readonly table: PriceTable;
  readonly turns: readonly TurnPrices[];
  /** Totals up to and with each turn, in the list's currency. */
  readonly cumulative: {
    readonly uncached: readonly number[];
    readonly shared: readonly number[];
    /** Null from the first turn on of which it is unknown. */
    readonly shareable: readonly (number | null)[];
  };
}

/** A conversation's successive calls, priced turn by turn. */
export interface ConversationCostRecord {
  /** Prefixes are cached in whole blocks of so many tokens. */
  readonly blockTokens: number;
  readonly turns: readonly ConversationTurn[];
  readonly lines: readonly ConversationLine[];
}

/**
 * A part of the model, as costs are told apart: projections to queries, keys, values and back; scores with the values they
 * weigh and the cache they read; the chosen experts; additions to the residual, hyper-connections too; all that only drafts.
 */
export type CostClass =
  | "embedding"
  | "norms"
  | "attentionProjections"
  | "attentionScores"
  | "indexer"
  | "router"
  | "routedExperts"
  | "sharedExpert"
  | "dense"
  | "residual"
  | "mtp"
  | "head";

/** Quantities that classes share between them, in the order in which a table has them. */
export type CostQuantity = "flops" | "weightBytes" | "kvReadBytes" | "kvWriteBytes";

/** What a part of the model cost over all tokens of a run. Derived. */
export interface ClassCost {
  readonly costClass: CostClass;
  /** All that the checkpoint has there, chosen or not. A tied head's table counts as embedding. */
  readonly parameters: number;
  /** Of these, those that one token meets. Classes add up to the record's `activeParameters`. */
  readonly activeParameters: number;
  readonly flops: number;
  readonly weightBytes: number;
  readonly kvReadBytes: number;
  readonly kvWriteBytes: number;
}

/** What one token cost. A prefill token's share of the chunk's weight traffic is the chunk's divided by its tokens. */
export interface TokenCost {
  readonly index: number;
  readonly phase: "prefill" | "decode";
  readonly flops: number; // derived, from shapes and the routes taken
  readonly weightBytes: number; // derived
  readonly kvReadBytes: number; // derived
  readonly kvWriteBytes: number; // derived
  /** Measured wall time; a prefill token's is its chunk's divided by its tokens. Null where nothing was timed. */
  readonly durationMs: number | null;
}

/** What an operator of the plan took, in all steps of one phase together. */
export interface OperatorTime {
  readonly phase: "prefill" | "decode";
  /** What it computes, e.g. "matmul". */
  readonly kind: string;
  /** Transformer block, or null outside of them. */
  readonly layer: number | null;
  /** The value that it writes, the first of several. */
  readonly name: string;
  /** The part of the model that it belongs to. */
  readonly costClass: CostClass;
  /** How often it was executed. */
  readonly calls: number;
  /** Measured nanoseconds of all calls: by the device's timestamps on webgpu, by the host's clock elsewhere. */
  readonly timeNs: number;
}

export interface CostRecord {
  readonly tokens: readonly TokenCost[];
  /** What the run cost by part of the model: those that the model has, in the order in which a token meets them. */
  readonly classes: readonly ClassCost[];
  /** (T, classes, 4) f64: FLOPs, weight bytes, cache bytes read and written; a token's add up to what `tokens` says. Derived. */
  readonly byClass: Float64Array;
  /**
   * Tokens at the beginning whose rows came from another sequence: from a prefix that prompts of a batch share, or from the cache of
   * prefixes. They cost nothing here but what drafting takes over them: the run that computed them is charged.
   */
  readonly sharedPrefixTokens: number;
  readonly prefillMs: number | null;
  readonly decodeMs: number | null;
  /** What the next decoded token would take, derived. */
  readonly nextDecode: TokenCost;
  readonly kvCacheBytes: number;
  readonly kvBytesPerToken: number;
  /** The same cache if every head kept its own keys and values. */
  readonly kvBytesPerTokenMha: number;
  /** The model's own form of attention first, then what its layers and heads would keep in others. Derived. */
  readonly caches: readonly CacheForm[];
  readonly totalParameters: number;
  readonly activeParameters: number;
  readonly draftParameters: number;
}

/** A way of keeping keys and values of a model's layers. Bytes are computed. */
export interface CacheForm {
  /** mha: every query head has its own; gqa: heads share them in groups; mqa: all share one; mla: one latent of all. */
  readonly form: "mha" | "gqa" | "mqa" | "mla";
  /** Heads with keys and values of their own, of the layer that has the most; null for latents. */
  readonly keyHeads: number | null;
  /** What a token adds, over all layers, the indexer's key included where the model's own form has one. */
  readonly bytesPerToken: number;
  /** Whether it is the model's; the others are what it would keep instead. */
  readonly isOwn: boolean;
}

/** Parameters of a part of a model, and those of them that one token meets. */
export interface ClassParameters {
  readonly costClass: CostClass;
  readonly total: number;
  readonly active: number;
  /** Of all of them as they are stored. */
  readonly bytes: number;
}

/** Work on paper: what it takes, and what a device needs for it at least. All computed. */
export interface WhatIfWork {
  readonly flops: number;
  readonly weightBytes: number;
  readonly kvReadBytes: number;
  readonly kvWriteBytes: number;
  /** By part of the model: those that the model has, in the order in which a token meets them; they add up to the above. */
  readonly classes: readonly ClassCost[];
  /** The least: no device of this kind can be faster. Null where no device is named. */
  readonly seconds: number | null;
  /** What keeps it from being faster: bytes or FLOPs. */
  readonly bound: "memory" | "compute" | null;
}

/** A decoded token behind so many others. */
export interface WhatIfLength {
  /** Positions that the token sees, its own included. */
  readonly context: number;
  /** Of one sequence's token; weights that a batch shares are shared out. */
  readonly flops: number;
  readonly weightBytes: number;
  readonly kvReadBytes: number;
  readonly seconds: number | null;
}

/** What the same tokens take on another model and machine. Nothing in it is measured. */
export interface WhatIfRecord {
  readonly label: "computed";
  readonly model: Omit<ModelRecord, "hash">;
  /** Of one sequence. */
  readonly tokens: { readonly prompt: number; readonly generated: number };
  /** Positions that a decoded token of `decode` sees, and that the caches have room for. */
  readonly context: number;
  /** Sequences that are decoded in the same steps. */
  readonly batch: number;
  /** Tokens of a prompt that go through the model at once. */
  readonly chunkSize: number;
  /** How weights are stored, in words: "fp8 (1.03125 bytes), the rest bf16". */
  readonly weights: string;
  /** How caches are stored: "bf16", "fp8" or "f32". */
  readonly cache: string;
  readonly parameters: readonly ClassParameters[];
  /** The model's own form first. */
  readonly caches: readonly CacheForm[];
  readonly memory: WhatIfMemory;
  /** One sequence's whole prompt. Null where the prompt is empty. */
  readonly prefill: WhatIfWork | null;
  /** One step of the whole batch at `context`. */
  readonly decode: WhatIfWork;
  /** All tokens of all sequences: prompts one after another, then decoding together. */
  readonly whole: WhatIfWork;
  /** Decoded tokens a second, of all sequences together: no device of this kind can give more. Null without a device. */
  readonly tokensPerSecond: number | null;
  /** At the least times, by the device's rent; null where it has none. */
  readonly money: WhatIfMoney | null;
  /** Cost against length, for one step of the batch's. `dense`: the same model without its indexer, null where it has none. */
  readonly lengths: readonly WhatIfLength[];
  readonly denseLengths: readonly WhatIfLength[] | null;
  /** Null where none was named. */
  readonly device: (DeviceRecord & { readonly count: number }) | null;
  /** Sentences that say what was taken for granted. */
  readonly assumptions: readonly string[];
}

/** What must lie in the memory of a device, or of several. Computed; activations estimated. */
export interface WhatIfMemory {
  /** Of all weights but those that only draft. */
  readonly weightBytes: number;
  /** Of all sequences at `context`. */
  readonly kvBytes: number;
  /** The most that a step keeps at once beside them. */
  readonly activationBytes: number;
  readonly totalBytes: number;
  /** What the devices have; null where no device is named, or its memory is not known. */
  readonly availableBytes: number | null;
  readonly fits: boolean | null;
  /** The fewest devices of this kind that hold it all. */
  readonly devicesNeeded: number | null;
  /** Tokens of all sequences together whose caches the memory beside weights and activations holds. */
  readonly mostCachedTokens: number | null;
}

/** Rent of the least times. US dollars. */
export interface WhatIfMoney {
  /** All tokens of all sequences. */
  readonly usd: number;
  /** Null where the prompt is empty. */
  readonly usdPerMTokInput: number | null;
  readonly usdPerMTokOutput: number;
}

/** A profile as Perfetto and chrome://tracing read it: the JSON object form of Chrome's Trace Event Format. */
export interface ProfileTrace {
  /** Names first, then the slices of each track by their beginning; of those that begin together the outer first. */
  readonly traceEvents: readonly (TraceName | TraceSlice)[];
  readonly displayTimeUnit: "ns";
  readonly otherData: Readonly<Record<string, string>>;
}

/** Names a process or a thread of a trace. */
export interface TraceName {
  readonly ph: "M";
  readonly name: "process_name" | "thread_name";
  readonly pid: number;
  readonly tid: number;
  readonly args: { readonly name: string };
}

/** Something that took time. Slices of a thread follow one another, or lie one within the other. */
export interface TraceSlice {
  readonly ph: "X";
  readonly name: string;
  /** step, layer, operator or draft. */
  readonly cat: "step" | "layer" | "operator" | "draft";
  /** Microseconds since the first step began, in whole nanoseconds. */
  readonly ts: number;
  /** Microseconds, in whole nanoseconds. */
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, unknown>>;
}

/** Work held against what a device can do at most. */
export interface RooflinePoint {
  readonly flops: number; // derived
  /** Of weights and caches, each once in a step. Derived. */
  readonly bytes: number;
  /** FLOPs for each byte; null where no byte is moved. */
  readonly intensity: number | null;
  /** What takes longer at the device's limit; null where nothing is counted. */
  readonly bound: "memory" | "compute" | null;
  /** The longer of bytes / bytesPerSecond and flops / flopsPerSecond. Derived. */
  readonly leastMs: number;
  /** Of a phase the wall time of its steps, of a part the times of its operators; null where nothing was timed. */
  readonly measuredMs: number | null;
  /** leastMs / measuredMs: 1 is the device's limit. Null where either is missing. */
  readonly share: number | null;
  /**
   * Why the share is above 1; null where it is not. caches: bytes that are read again in every step came from the processor's caches,
   * not from memory; device: the device does more than its record says, so the record is another's, or was measured while it was busy.
   */
  readonly aboveLimit: "caches" | "device" | null;
}

export interface RooflinePhase {
  readonly phase: "prefill" | "decode";
  /** Tokens that the run computed: a prefix that another paid for is left out, though not what drafting took over it. */
  readonly nTokens: number;
  readonly whole: RooflinePoint;
  /** The parts of the model that the phase has, in the order in which a token meets them. */
  readonly classes: readonly (RooflinePoint & { readonly costClass: CostClass })[];
  /** nTokens in the whole's leastMs; null where nothing is counted. No prediction may say more. */
  readonly mostTokensPerSecond: number | null;
}

/** A run under the two limits of a device: memory traffic and arithmetic. */
export interface RooflineRecord {
  readonly device: DeviceRecord;
  /** Whose FLOPs a second count. */
  readonly dtype: keyof DeviceRecord["flopsPerSecond"];
  readonly flopsPerSecond: number;
  /** FLOPs for each byte above which arithmetic takes longer than memory. */
  readonly ridge: number;
  /** Those that the run has, prefill first. */
  readonly phases: readonly RooflinePhase[];
}

/** An axis of a planned tensor: its letters, and its size; null where that is the step's: T tokens, S positions of the cache. */
export interface AnatomyAxis {
  readonly symbol: string;
  readonly size: number | null;
}

/** A value that an operator reads or writes. In a name of a block, {i} stands for the layer. */
export interface AnatomyValue {
  readonly name: string;
  readonly axes: readonly AnatomyAxis[];
}

/** A weight that an operator reads. */
export interface AnatomyWeight extends AnatomyValue {
  /** Numbers in it; 0 where an operator before this one reads it too, so that none is counted twice. */
  readonly parameters: number;
  /** Those of them that serve one token. */
  readonly activeParameters: number;
}

/** A place where a model can be observed, at the operator that its numbers come from. */
export interface AnatomySite {
  readonly name: string;
  readonly dims: readonly string[];
  readonly shape: readonly (number | "T" | "S")[];
  readonly meaning: string;
}

/** What a part of a block does: its two halves, and what stands before and behind them. */
export type AnatomySection = "before" | "attention" | "feedForward" | "behind";

export interface AnatomyOperator {
  /** What it computes, e.g. "matmul". */
  readonly kind: string;
  readonly costClass: CostClass;
  readonly section: AnatomySection;
  /** One sentence. */
  readonly does: string;
  /** Values of the step and caches; inputs that every layer shares, such as rotary tables, are left out. */
  readonly reads: readonly AnatomyValue[];
  readonly writes: readonly AnatomyValue[];
  readonly weights: readonly AnatomyWeight[];
  readonly sites: readonly AnatomySite[];
}

/** Operators in their order that stand together: what comes before the blocks, a block, what comes behind, the draft module. */
export interface AnatomyPart {
  readonly kind: "input" | "block" | "output" | "drafts";
  /** Of a block: the layers that are built alike, ascending, each with all of this. Else empty. */
  readonly layers: readonly number[];
  /** In words, e.g. "grouped-query attention, 8 of 256 experts". */
  readonly title: string;
  /** The letters of its shapes, with what they stand for. */
  readonly symbols: readonly {
    readonly symbol: string;
    readonly size: number;
    readonly means: string;
  }[];
  /** Sites with the numbers that enter it, which no operator of it writes. */
  readonly entering: readonly AnatomySite[];
  readonly operators: readonly AnatomyOperator[];
  /** Of one layer. */
  readonly parameters: number;
  readonly activeParameters: number;
}

/** A model as its plan has it, layers that are built alike told once. Counted, not measured. */
export interface ModelAnatomy {
  readonly model: Omit<ModelRecord, "hash">;
  /** In the order in which a token meets them; blocks by their first layer. */
  readonly parts: readonly AnatomyPart[];
}
