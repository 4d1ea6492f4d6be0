import type { RankedRow } from "../backend/backend.ts";
import { InputError } from "../errors.ts";
import { Candidates } from "./candidates.ts";
import { expNonPositive } from "./expNonPositive.ts";
import { LogitChanges } from "./logitChanges.ts";
import { Pcg32 } from "./pcg32.ts";
import { drawRanked } from "./rankedDraw.ts";

export interface SamplingOptions {
  /** 0 takes the likeliest token; above 0 the logits are divided by it. Default 0. */
  readonly temperature?: number;
  /** Keep the k likeliest tokens; 0 keeps all. Default 0. */
  readonly topK?: number;
  /** Keep the smallest set of likeliest tokens whose probabilities add up to at least p, in (0, 1]. Default 1. */
  readonly topP?: number;
  /** Keep tokens at least this many times as probable as the likeliest, in [0, 1]. Default 0: all. */
  readonly minP?: number;
  /**
   * Makes tokens that were there before less likely: a logit above 0 is divided by it, one below multiplied. Above 0;
   * default 1: none.
   * @see arXiv:1909.05858
   */
  readonly repetitionPenalty?: number;
  /** Added to the logits of these token ids; -Infinity forbids a token. Default none. */
  readonly logitBias?: Readonly<Record<number, number>>;
  /** Of the random numbers: an integer from 0 to 2^53 - 1. Default 0. */
  readonly seed?: number;
}

export interface Sample {
  readonly id: number;
  /**
   * Natural log of the token's probability under the softmax of the raw logits: no penalty, no bias, no temperature,
   * nothing cut off.
   */
  readonly logprob: number;
  /** Shannon entropy of that same full softmax. */
  readonly entropyBits: number;
}

/**
 * Chooses next tokens. The same options and the same rows of logits in the same order give the same tokens.
 * The repetition penalty applies first, then the bias, the temperature, top-k, top-p over what top-k left, and min-p over
 * what top-p left; among equal logits the lower id counts as likelier. A token is drawn by inverting the cumulative
 * distribution over the tokens ranked by probability, so one seed picks alike under different cut-offs as long as the pick
 * itself is not cut.
 */
export class Sampler {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
  readonly seed: number;
  readonly #random: Pcg32;
  readonly #changes: LogitChanges;
  readonly #candidates = new Candidates();

  /** @throws InputError ERR_SAMPLING where an option is out of range */
  constructor(options: SamplingOptions = {}) {
    const { temperature = 0, topK = 0, topP = 1, minP = 0, seed = 0 } = options;
    const { repetitionPenalty = 1, logitBias = {} } = options;
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
      minP >= 0 && minP <= 1,
      `minP: expected a number from 0 to 1, got ${minP}. 0 keeps every token.`,
    );
    check(
      Number.isFinite(repetitionPenalty) && repetitionPenalty > 0,
      `repetitionPenalty: expected a finite number above 0, got ${repetitionPenalty}. 1 changes nothing; 1.1 is mild.`,
    );
    check(
      Number.isSafeInteger(seed) && seed >= 0,
      `seed: expected a whole number from 0 to 2^53 - 1, got ${seed}. Pass such a number; the same one repeats the same text.`,
    );
    this.temperature = temperature;
    this.topK = topK;
    this.topP = topP;
    this.minP = minP;
    this.repetitionPenalty = repetitionPenalty;
    this.seed = seed;
    this.#random = new Pcg32(seed);
    this.#changes = new LogitChanges(repetitionPenalty, logitBias);
  }

  /** Tokens that stand before the next one, for the repetition penalty: the prompt, then each token that was kept. */
  observe(ids: Iterable<number>): void {
    this.#changes.observe(ids);
  }

  /**
   * One token from one row of logits; draws one random number, or none at temperature 0.
   * @param logits (V) natural-log scale; -Infinity forbids a token
   * @throws InputError ERR_LOGITS where a logit is NaN or Infinity, or none is finite; ERR_SAMPLING where the bias names a
   * token beyond the vocabulary
   */
  sample(logits: ArrayLike<number>): Sample {
    const summary = summarize(logits);
    const changed = this.#changes.apply(logits);
    const id =
      changed === logits
        ? this.#choose(logits, summary.best, summary.total)
        : this.#choose(changed, argmax(changed), null);
    return describe(logits, id, summary);
  }

  /** Whether `sampleRanked` can be used: not where a penalty or a bias changes logits first. */
  get takesRankedRows(): boolean {
    return !this.#changes.isActive;
  }

  /**
   * As `sample`, from the head of a row that a device ranked, or from the whole row where the head is not enough. The
   * device's sums are f32: log probabilities have their rounding, and where a cut-off or the draw falls within it of the
   * border of two tokens, the other one may come.
   * @param row fetches the whole row
   */
  async sampleRanked(
    ranked: RankedRow | null,
    row: () => Promise<ArrayLike<number>>,
  ): Promise<Sample> {
    if (ranked === null) return this.sample(await row());
    const uniform = this.temperature === 0 ? 0 : this.#random.nextFloat();
    const at = this.temperature === 0 ? 0 : drawRanked(ranked, this, uniform, this.#candidates);
    if (at !== null) return describeRanked(ranked, at);
    const logits = await row();
    const summary = summarize(logits);
    return describe(logits, this.#draw(logits, summary.best, summary.total, uniform), summary);
  }

  /** What `sample` tells of a token, for one that was chosen in another way. @throws as `sample` */
  describe(logits: ArrayLike<number>, id: number): Sample {
    return describe(logits, id, summarize(logits));
  }

  /** (V) probabilities that `sample` draws from; at temperature 0 the likeliest token has 1. @throws as `sample` */
  distribution(logits: ArrayLike<number>): Float64Array {
    const { temperature, topK, topP, minP } = this;
    const changed = this.#changes.apply(logits);
    const best = argmax(changed);
    const out = new Float64Array(changed.length);
    if (temperature === 0) {
      out[best] = 1;
      return out;
    }
    const max = changed[best] as number;
    const weigh = (id: number) => expNonPositive(((changed[id] as number) - max) / temperature);
    const totalWeight = () => sumWeights(changed, max, temperature);
    if (topK === 0 && topP === 1 && minP === 0) {
      const total = totalWeight();
      return out.map((_, id) => weigh(id) / total);
    }
    const candidates = this.#candidates;
    candidates.select({ logits: changed, max, temperature, totalWeight }, this);
    for (const id of candidates.ids) out[id] = weigh(id) / candidates.totalWeight;
    return out;
  }

  /** The next of its random numbers, in [0, 1). */
  uniform(): number {
    return this.#random.nextFloat();
  }

  /** @param totalAtOne the sum of weights at temperature 1, where it is known */
  #choose(logits: ArrayLike<number>, best: number, totalAtOne: number | null): number {
    return this.temperature === 0
      ? best
      : this.#draw(logits, best, totalAtOne, this.#random.nextFloat());
  }

  #draw(
    logits: ArrayLike<number>,
    best: number,
    totalAtOne: number | null,
    uniform: number,
  ): number {
    const { temperature } = this;
    const max = logits[best] as number;
    const totalWeight = () =>
      temperature === 1 && totalAtOne !== null ? totalAtOne : sumWeights(logits, max, temperature);
    const row = { logits, max, temperature, totalWeight };
    return this.#candidates.draw(row, this, uniform);
  }
}

function argmax(logits: ArrayLike<number>): number {
  let best = -1;
  let max = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number;
    if (!(logit < Number.POSITIVE_INFINITY))
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

interface Summary {
  /** The likeliest id. */
  readonly best: number;
  /** The sum of e^(logit - max). */
  readonly total: number;
  /** The same sum with every term times (logit - max). */
  readonly weightedShift: number;
}

function describe(
  logits: ArrayLike<number>,
  id: number,
  { best, total, weightedShift }: Summary,
): Sample {
  const logTotal = Math.log(total);
  return {
    id,
    logprob: (logits[id] as number) - (logits[best] as number) - logTotal,
    entropyBits: Math.max(0, (logTotal - weightedShift / total) / Math.LN2),
  };
}

function describeRanked({ ids, logits, total, weightedShift }: RankedRow, at: number): Sample {
  const logTotal = Math.log(total);
  return {
    id: ids[at] as number,
    logprob: (logits[at] as number) - (logits[0] as number) - logTotal,
    entropyBits: Math.max(0, (logTotal - weightedShift / total) / Math.LN2),
  };
}

/** Of the softmax. */
function summarize(logits: ArrayLike<number>): Summary {
  const best = argmax(logits);
  const max = logits[best] as number;
  let total = 0;
  let weightedShift = 0;
  for (let id = 0; id < logits.length; id++) {
    const shift = (logits[id] as number) - max;
    const weight = expNonPositive(shift);
    if (weight === 0) continue;
    total += weight;
    weightedShift += weight * shift;
  }
  return { best, total, weightedShift };
}

function sumWeights(logits: ArrayLike<number>, max: number, temperature: number): number {
  let total = 0;
  for (let id = 0; id < logits.length; id++)
    total += expNonPositive(((logits[id] as number) - max) / temperature);
  return total;
}

function check(ok: boolean, message: string): void {
  if (!ok) throw new InputError("ERR_SAMPLING", `sampling ${message}`);
}
