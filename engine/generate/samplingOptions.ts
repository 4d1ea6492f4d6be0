import type { JsonObject } from "../base/json.ts";

/** How a token is chosen from a row of logits. Defaults come from the checkpoint; the ones below hold where it says nothing. */
export interface SamplingOptions {
  /** 0 takes the likeliest token; above 0 the logits are divided by it. Default 0. */
  readonly temperature?: number;
  /** Keep the k likeliest tokens; 0 keeps all. Default 0; 50 where the checkpoint samples and does not say. */
  readonly topK?: number;
  /** Keep the smallest set of likeliest tokens whose probabilities add up to at least p, in (0, 1]. Default 1. */
  readonly topP?: number;
  /** Keep tokens at least this many times as probable as the likeliest, in [0, 1]. Default 0: all. */
  readonly minP?: number;
  /**
   * Keep the likeliest tokens whose entropy together is at most this share of that of the 100 likeliest, in [0, 1].
   * Default 0: all.
   * @see arXiv:2509.02510
   */
  readonly topH?: number;
  /**
   * Keep the smallest set of tokens whose surprise is nearest to the entropy, with probabilities that add up to at least p,
   * in (0, 1]. Default 1: all.
   * @see arXiv:2202.00666
   */
  readonly typicalP?: number;
  /** Keep tokens of at least this probability, in [0, 1). Default 0: all. @see arXiv:2210.15191 */
  readonly epsilonCutoff?: number;
  /**
   * Keep tokens of at least the probability min(eta, sqrt(eta) e^-entropy), in [0, 1). Default 0: all.
   * @see arXiv:2210.15191
   */
  readonly etaCutoff?: number;
  /**
   * Makes tokens that were there before less likely: a logit above 0 is divided by it, one below multiplied. Above 0;
   * default 1: none.
   * @see arXiv:1909.05858
   */
  readonly repetitionPenalty?: number;
  /** Subtracted from the logit of every token that was generated before. Default 0. */
  readonly presencePenalty?: number;
  /** Subtracted from a token's logit for every time that it was generated before. Default 0. */
  readonly frequencyPenalty?: number;
  /** Added to the logits of these token ids; -Infinity forbids a token. Default none. */
  readonly logitBias?: Readonly<Record<number, number>>;
  /** Added to the logit of a sequence's last token wherever the others of it stand right before. Default none. */
  readonly sequenceBias?: readonly (readonly [ids: readonly number[], add: number])[];
  /** No run of so many tokens occurs twice, the prompt's included. Default 0: no limit. */
  readonly noRepeatNgramSize?: number;
  /** Sequences of ids that are not generated; end tokens alone are left out. Default none. */
  readonly badWordsIds?: readonly (readonly number[])[];
  /** Ids that are not generated. Default none. */
  readonly suppressTokens?: readonly number[];
  /** Ids that are not generated first. Default none. */
  readonly beginSuppressTokens?: readonly number[];
  /** No end token before so many others. Default 0. */
  readonly minTokens?: number;
  /** What follows a prompt of a single token; null: whatever is chosen. Default null. */
  readonly forcedBosId?: number | null;
  /** One of these is the last token that `maxTokens` allows. Default none. */
  readonly forcedEosIds?: readonly number[];
  /** Of the random numbers: an integer from 0 to 2^53 - 1. Default 0. */
  readonly seed?: number;
}

/** Every option with its value. */
export type Sampling = Required<SamplingOptions>;

/** Fields as generation_config.json has them, and where they stand. */
export interface GenerationConfig {
  /** For messages: "generation_config.json". */
  readonly name: string;
  readonly fields: JsonObject;
}
