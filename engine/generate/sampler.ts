import { InputError } from "../errors.ts";
import { likeliest } from "./likeliest.ts";
import { Pcg32 } from "./pcg32.ts";
import { truncate } from "./truncate.ts";

export interface SamplingOptions {
  /** 0 takes the likeliest token; above 0 the logits are divided by it. Default 0. */
  readonly temperature?: number;
  /** Keep the k likeliest tokens; 0 keeps all. Default 0. */
  readonly topK?: number;
  /** Keep the smallest set of likeliest tokens whose probabilities add up to at least p, in (0, 1]. Default 1. */
  readonly topP?: number;
  /** Of the random numbers: an integer from 0 to 2^53 - 1. Default 0. */
  readonly seed?: number;
}

export interface Sample {
  readonly id: number;
  /** Natural log of the token's probability under the softmax of the raw logits: no temperature, nothing cut off. */
  readonly logprob: number;
  /** Shannon entropy of that same full softmax. */
  readonly entropyBits: number;
}

/**
 * Chooses next tokens. The same options and the same rows of logits in the same order give the same tokens.
 * Temperature applies first, then top-k, then top-p over what top-k left; among equal logits the lower id counts as
 * likelier. A token is drawn by inverting the cumulative distribution over the tokens ranked by probability, so one seed
 * picks alike under different cut-offs as long as the pick itself is not cut.
 */
export class Sampler {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
  readonly #random: Pcg32;

  /** @throws InputError ERR_SAMPLING where an option is out of range */
  constructor(options: SamplingOptions = {}) {
    const { temperature = 0, topK = 0, topP = 1, seed = 0 } = options;
    check(
      Number.isFinite(temperature) && temperature >= 0,
      `temperature: expected a finite number of at least 0, got ${temperature}. 0 is greedy, 1 the model's own distribution.`,
    );
    check(
      Number.isSafeInteger(topK) && topK >= 0,
      `topK: expected a whole number of at least 0, got ${topK}. 0 keeps every token.`,
    );
    check(
      topP > 0 && topP <= 1,
      `topP: expected a number in (0, 1], got ${topP}. 1 keeps every token.`,
    );
    check(
      Number.isSafeInteger(seed) && seed >= 0,
      `seed: expected a whole number from 0 to 2^53 - 1, got ${seed}. Pass such a number; the same one repeats the same text.`,
    );
    this.temperature = temperature;
    this.topK = topK;
    this.topP = topP;
    this.seed = seed;
    this.#random = new Pcg32(seed);
  }

  /**
   * One token from one row of logits; draws one random number, or none at temperature 0.
   * @param logits (V) natural-log scale; -Infinity forbids a token
   * @throws InputError ERR_LOGITS where a logit is NaN or Infinity, or none is finite
   */
  sample(logits: ArrayLike<number>): Sample {
    const best = argmax(logits);
    const max = logits[best] as number;
    const { logTotal, entropyBits } = summarize(logits, max);
    const id = this.temperature === 0 ? best : this.#draw(logits, max);
    return { id, logprob: (logits[id] as number) - max - logTotal, entropyBits };
  }

  #draw(logits: ArrayLike<number>, max: number): number {
    const weights = new Float64Array(logits.length);
    let total = 0;
    for (let id = 0; id < weights.length; id++) {
      const weight = Math.exp(((logits[id] as number) - max) / this.temperature);
      weights[id] = weight;
      total += weight;
    }
    const uniform = this.#random.nextFloat();
    if (this.topK === 0 && this.topP === 1)
      return pick(likeliest(logits), weights, uniform * total);
    const kept = truncate(logits, weights, this.topK, this.topP);
    return pick(kept.ids, weights, uniform * kept.totalWeight);
  }
}

/** The first id whose cumulative weight passes `mark`; the last one of positive weight if rounding lets none pass. */
function pick(ranking: Iterable<number>, weights: Float64Array, mark: number): number {
  let cumulative = 0;
  let last = 0;
  for (const id of ranking) {
    const weight = weights[id] as number;
    if (weight === 0) break;
    cumulative += weight;
    last = id;
    if (cumulative > mark) break;
  }
  return last;
}

function argmax(logits: ArrayLike<number>): number {
  let best = -1;
  let max = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number;
    if (Number.isNaN(logit) || logit === Number.POSITIVE_INFINITY)
      throw new InputError(
        "ERR_LOGITS",
        `sample: expected finite logits (or -Infinity), got ${logit} for token ${id}. The forward pass overflowed or a weight is not a number; look at hook_resid_post layer by layer.`,
      );
    if (logit > max) {
      max = logit;
      best = id;
    }
  }
  if (best < 0)
    throw new InputError(
      "ERR_LOGITS",
      `sample: expected at least one finite logit, got none among ${logits.length}. Something forbids every token.`,
    );
  return best;
}

/** `logTotal` is ln of the sum of exp(logit - max); the entropy is that of the softmax. */
function summarize(
  logits: ArrayLike<number>,
  max: number,
): { logTotal: number; entropyBits: number } {
  let total = 0;
  let weightedShift = 0;
  for (let id = 0; id < logits.length; id++) {
    const shift = (logits[id] as number) - max;
    const weight = Math.exp(shift);
    if (weight === 0) continue;
    total += weight;
    weightedShift += weight * shift;
  }
  const logTotal = Math.log(total);
  return { logTotal, entropyBits: Math.max(0, (logTotal - weightedShift / total) / Math.LN2) };
}

function check(ok: boolean, message: string): void {
  if (!ok) throw new InputError("ERR_SAMPLING", `sampling ${message}`);
}
