import type { Sampling } from "./samplingOptions.ts";

/** What one sampling option may be, and where a checkpoint says it. */
export interface SamplingRule<Value> {
  /** Of generation_config.json; null where it has no such field. */
  readonly field: string | null;
  /** What changes nothing. */
  readonly neutral: Value;
  /** What transformers 5.18 takes where a checkpoint asks for sampling and leaves the field out, if that is not neutral. */
  readonly whereSampled?: Value;
  /** It only cuts tokens off the distribution that one is drawn from: without effect on the likeliest. */
  readonly cutsOff?: true;
  /** From the field's form. */
  readonly read?: (written: unknown) => unknown;
  readonly holds: (value: unknown) => boolean;
  readonly expected: string;
  readonly fix: string;
}

const within = (low: number, high: number) => (value: unknown) =>
  typeof value === "number" && value >= low && value <= high;
const isFiniteNumber = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value);
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;
const isIds = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);
const isSequence = (value: unknown) => isIds(value) && value.length > 0;
const isBias = (value: unknown) => typeof value === "number" && value < Number.POSITIVE_INFINITY;

const LOOK_UP = "Look ids up with model.tokenizer.tokenId.";

/** The temperature comes first: whether cut-offs count depends on it. */
export const SAMPLING_RULES: { readonly [Name in keyof Sampling]: SamplingRule<Sampling[Name]> } = {
  temperature: {
    field: "temperature",
    neutral: 0,
    whereSampled: 1,
    holds: (value) => isFiniteNumber(value) && value >= 0,
    expected: "a finite number of at least 0",
    fix: "0 is greedy, 1 the model's own distribution.",
  },
  topK: {
    field: "top_k",
    neutral: 0,
    whereSampled: 50,
    cutsOff: true,
    holds: isCount,
    expected: "a whole number of at least 0",
    fix: "0 keeps every token.",
  },
  topP: {
    field: "top_p",
    neutral: 1,
    cutsOff: true,
    holds: (value) => within(0, 1)(value) && value !== 0,
    expected: "a number in (0, 1]",
    fix: "1 keeps every token.",
  },
  minP: {
    field: "min_p",
    neutral: 0,
    cutsOff: true,
    holds: within(0, 1),
    expected: "a number from 0 to 1",
    fix: "0 keeps every token.",
  },
  topH: {
    field: "top_h",
    neutral: 0,
    cutsOff: true,
    holds: within(0, 1),
    expected: "a number from 0 to 1",
    fix: "0 keeps every token.",
  },
  typicalP: {
    field: "typical_p",
    neutral: 1,
    cutsOff: true,
    holds: (value) => within(0, 1)(value) && value !== 0,
    expected: "a number in (0, 1]",
    fix: "1 keeps every token.",
  },
  epsilonCutoff: {
    field: "epsilon_cutoff",
    neutral: 0,
    cutsOff: true,
    holds: (value) => within(0, 1)(value) && value !== 1,
    expected: "a number in [0, 1)",
    fix: "0 keeps every token.",
  },
  etaCutoff: {
    field: "eta_cutoff",
    neutral: 0,
    cutsOff: true,
    holds: (value) => within(0, 1)(value) && value !== 1,
    expected: "a number in [0, 1)",
    fix: "0 keeps every token.",
  },
  repetitionPenalty: {
    field: "repetition_penalty",
    neutral: 1,
    holds: (value) => isFiniteNumber(value) && value > 0,
    expected: "a finite number above 0",
    fix: "1 changes nothing; 1.1 is mild.",
  },
  presencePenalty: {
    field: null,
    neutral: 0,
    holds: isFiniteNumber,
    expected: "a finite number",
    fix: "0 changes nothing; usual values are from -2 to 2.",
  },
  frequencyPenalty: {
    field: null,
    neutral: 0,
    holds: isFiniteNumber,
    expected: "a finite number",
    fix: "0 changes nothing; usual values are from -2 to 2.",
  },
  logitBias: {
    field: null,
    neutral: {},
    holds: (value) =>
      typeof value === "object" &&
      value !== null &&
      Object.entries(value).every(([id, add]) => isCount(Number(id)) && isBias(add)),
    expected: "token ids as keys, with a finite number or -Infinity each",
    fix: `To force a token, forbid the others or add a large number. ${LOOK_UP}`,
  },
  sequenceBias: {
    field: "sequence_bias",
    neutral: [],
    holds: (value) =>
      Array.isArray(value) &&
      value.every(
        (pair) =>
          Array.isArray(pair) && pair.length === 2 && isSequence(pair[0]) && isBias(pair[1]),
      ),
    expected: "a list of [token ids, number] pairs",
    fix: `For example [[[42, 7], -3.5]]. ${LOOK_UP}`,
  },
  noRepeatNgramSize: {
    field: "no_repeat_ngram_size",
    neutral: 0,
    holds: isCount,
    expected: "a whole number of at least 0",
    fix: "0 lets everything repeat.",
  },
  badWordsIds: {
    field: "bad_words_ids",
    neutral: [],
    holds: (value) => Array.isArray(value) && value.every(isSequence),
    expected: "a list of lists of token ids",
    fix: "Encode each word with model.tokenizer.",
  },
  suppressTokens: {
    field: "suppress_tokens",
    neutral: [],
    holds: isIds,
    expected: "a list of token ids",
    fix: LOOK_UP,
  },
  beginSuppressTokens: {
    field: "begin_suppress_tokens",
    neutral: [],
    holds: isIds,
    expected: "a list of token ids",
    fix: LOOK_UP,
  },
  minTokens: {
    field: "min_new_tokens",
    neutral: 0,
    holds: isCount,
    expected: "a whole number of at least 0",
    fix: "0 lets the text end at once.",
  },
  forcedBosId: {
    field: "forced_bos_token_id",
    neutral: null,
    holds: (value) => value === null || isCount(value),
    expected: "a token id or null",
    fix: LOOK_UP,
  },
  forcedEosIds: {
    field: "forced_eos_token_id",
    neutral: [],
    read: (written) => [written].flat(),
    holds: isIds,
    expected: "token ids",
    fix: LOOK_UP,
  },
  seed: {
    field: null,
    neutral: 0,
    holds: isCount,
    expected: "a whole number from 0 to 2^53 - 1",
    fix: "Pass such a number; the same one repeats the same text.",
  },
};
