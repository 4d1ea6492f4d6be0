import type { CostRecord, Provenance, RunRecord, TokenRecord } from "../../engine/trace/schema.ts";
import { byteCount, exactF32, flopCount, milliseconds } from "../render/formatNumber.ts";

/** Numbers of tokens that come with the picture. */
export const GIVEN = [
  "surprisal",
  "probability",
  "draftProbability",
  "flops",
  "bytes",
  "ms",
] as const;
/** Numbers that the kernel works out when they are asked for. */
export const ASKED = ["entropy", "rank", "routerEntropy", "routerMargin"] as const;
/** What a token is one of several kinds of. */
export const KINDS = ["part", "draft"] as const;

export type GivenKey = (typeof GIVEN)[number];
export type AskedKey = (typeof ASKED)[number];
export type MeasureKey = GivenKey | AskedKey;
export type KindKey = (typeof KINDS)[number];
export type ColourKey = MeasureKey | KindKey;

export interface Measure {
  readonly label: string;
  /** One sentence. */
  readonly meaning: string;
  readonly unit: string;
  readonly format: (value: number) => string;
}

export const MEASURES: Readonly<Record<MeasureKey, Measure>> = {
  surprisal: {
    label: "surprisal",
    meaning: "minus log2 of the probability that the model gave the token",
    ...inUnit("bits"),
  },
  probability: {
    label: "probability",
    meaning:
      "what the model gave the token at its place, before temperature and other rules of sampling",
    ...inUnit(""),
  },
  entropy: {
    label: "entropy",
    meaning: "of all tokens that could have stood there",
    ...inUnit("bits"),
  },
  rank: {
    label: "rank",
    meaning: "1 is the token that the model held the likeliest",
    unit: "",
    format: (value) => String(value),
  },
  routerEntropy: {
    label: "router entropy",
    meaning: "of the router's scores, mean over the layers with experts",
    ...inUnit("bits"),
  },
  routerMargin: {
    label: "router margin",
    meaning:
      "score + bias of the last expert chosen over the next one's, in the layer where it is least",
    ...inUnit(""),
  },
  flops: { label: "FLOPs", meaning: "what the token took", unit: "FLOP", format: flopCount },
  bytes: {
    label: "bytes moved",
    meaning:
      "weights, and the cache read and written; a step's weights are shared out over its tokens",
    unit: "B",
    format: byteCount,
  },
  ms: {
    label: "time",
    meaning: "of its step, shared out over the step's tokens",
    unit: "ms",
    format: milliseconds,
  },
  draftProbability: {
    label: "draft's probability",
    meaning: "what the draft module gave its draft at the token's place",
    ...inUnit(""),
  },
};

const KIND_LABELS: Readonly<Record<KindKey, string>> = {
  part: "prompt, thinking or answer",
  draft: "acceptance of drafts",
};

/** The kinds of either sort, in the order of their numbers. */
export const KIND_NAMES = {
  part: ["prompt", "thinking", "answer", "forced"],
  draft: ["no draft", "accepted", "rejected", "bonus"],
} as const;

export const labelOf = (key: ColourKey): string =>
  isKind(key) ? KIND_LABELS[key] : MEASURES[key].label;

/** A number of a token with its unit; NaN is that it has none. */
export const formatMeasure = (key: MeasureKey, value: number): string =>
  Number.isNaN(value) ? "none" : MEASURES[key].format(value);

export function isKind(key: ColourKey): key is KindKey {
  return (KINDS as readonly string[]).includes(key);
}

export function isAsked(key: ColourKey): key is AskedKey {
  return (ASKED as readonly string[]).includes(key);
}

/** Which of KIND_NAMES a token is. A token that a rule of thinking put there is forced, thinking or not. */
export function kindOf(token: TokenRecord, key: KindKey): number {
  if (key === "part") {
    if (token.phase === "prompt") return 0;
    return token.forced ? 3 : token.thinking ? 1 : 2;
  }
  const verdicts = ["plain", "accepted", "rejected", "bonus"];
  return token.draft ? verdicts.indexOf(token.draft.verdict) : 0;
}

/** The given numbers, (GIVEN, T) f64: NaN where a token has none. */
export function givenValues(record: RunRecord, cost: CostRecord | null): Float64Array {
  const { tokens } = record;
  const values = new Float64Array(GIVEN.length * tokens.length);
  GIVEN.forEach((key, row) => {
    for (const [t, token] of tokens.entries())
      values[row * tokens.length + t] = givenValue(token, cost?.tokens[t], key);
  });
  return values;
}

function givenValue(
  token: TokenRecord,
  cost: CostRecord["tokens"][number] | undefined,
  key: GivenKey,
): number {
  const { logprob, draft } = token;
  const none = Number.NaN;
  if (key === "surprisal") return logprob === null ? none : -logprob / Math.LN2 + 0; // no -0
  if (key === "probability") return logprob === null ? none : Math.exp(logprob);
  if (key === "draftProbability") return draft?.draftProbability ?? none;
  if (cost === undefined) return none;
  if (key === "flops") return cost.flops;
  if (key === "ms") return cost.durationMs ?? none;
  return cost.weightBytes + cost.kvReadBytes + cost.kvWriteBytes;
}

/** Where given numbers come from. */
export const GIVEN_PROVENANCE: Readonly<Record<GivenKey, Provenance>> = {
  surprisal: "measured",
  probability: "measured",
  draftProbability: "measured",
  flops: "derived",
  bytes: "derived",
  ms: "measured",
};

/**
 * Why a number cannot be had of this run, by its name; those that are not in it can.
 * @param costRefusal why there is no cost; null: there is one
 * @param logitsRefusal why the logits cannot be had; null: they can
 */
export function missingMeasures(
  record: RunRecord,
  values: Float64Array,
  costRefusal: string | null,
  logitsRefusal: string | null,
): Partial<Record<ColourKey, string>> {
  const { tokens, model } = record;
  const nTokens = tokens.length;
  const isEmpty = (key: GivenKey): boolean => {
    const row = GIVEN.indexOf(key);
    return values.subarray(row * nTokens, (row + 1) * nTokens).every(Number.isNaN);
  };
  const missing: Partial<Record<ColourKey, string>> = {};
  if (isEmpty("probability"))
    missing.probability = missing.surprisal =
      record.promptLogprobs === false
        ? "not computed: promptLogprobs false"
        : "no token stands behind another";
  for (const key of ["flops", "bytes", "ms"] as const)
    if (costRefusal !== null) missing[key] = costRefusal;
    else if (isEmpty(key)) missing[key] = "nothing was timed";
  if (!tokens.some(({ draft }) => draft && draft.verdict !== "plain"))
    missing.draft = 'no token was drafted; generate with speculate: "mtp"';
  if (isEmpty("draftProbability")) missing.draftProbability = "no draft has one";
  if (logitsRefusal !== null) missing.entropy = missing.rank = logitsRefusal;
  if (model.moeLayers.length === 0)
    missing.routerEntropy = missing.routerMargin = `${model.name} has no routed experts`;
  return missing;
}

function inUnit(unit: string): Pick<Measure, "unit" | "format"> {
  return { unit, format: (value) => `${exactF32(value)}${unit === "" ? "" : ` ${unit}`}` };
}
