import type { RankedRow } from "../backend/backend.ts";
import { InputError } from "../base/errors.ts";
import { expNonPositive } from "../tensor/expNonPositive.ts";
import { type SoftmaxSums, softmaxSums } from "../tensor/softmaxSums.ts";
import { Candidates, cutsNothing, onlyLooksAtHead } from "./candidates.ts";
import { logitsProcessors, type TextBounds } from "./logitsProcessors.ts";
import { Pcg32 } from "./pcg32.ts";
import type { LogitsProcessor } from "./processors/logitsProcessor.ts";
import { drawRanked } from "./rankedDraw.ts";
import { samplingOf } from "./samplingOf.ts";
import type { Sampling, SamplingOptions } from "./samplingOptions.ts";

/** The text that a sampler chooses tokens for. */
export interface SampledText extends TextBounds {
  readonly promptIds: readonly number[];
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

const NO_TEXT: SampledText = { promptIds: [], eosIds: [], maxTokens: Number.POSITIVE_INFINITY };

/**
 * Chooses next tokens. The same options and the same rows of logits in the same order give the same tokens.
 * First the logits change (`logitsProcessors`), then they are divided by the temperature, and the cut-offs leave what a
 * token is drawn from (`Candidates`); among equal logits the lower id counts as likelier. A token is drawn by inverting the
 * cumulative distribution over the tokens ranked by probability, so one seed picks alike under different cut-offs as long as
 * the pick itself is not cut.
 */
export class Sampler {
  /** Every option with its value. */
  readonly sampling: Sampling;
  readonly #random: Pcg32;
  readonly #processors: readonly LogitsProcessor[];
  readonly #ids: number[];
  readonly #nPrompt: number;
  #processed = new Float64Array(0);
  readonly #candidates = new Candidates();

  /** @throws InputError ERR_SAMPLING where an option is out of range */
  constructor(options: SamplingOptions = {}, text: SampledText = NO_TEXT) {
    this.sampling = samplingOf(options);
    this.#random = new Pcg32(this.sampling.seed);
    this.#processors = logitsProcessors(this.sampling, text);
    this.#ids = [...text.promptIds];
    this.#nPrompt = text.promptIds.length;
  }

  /** Tokens that stand before the next one, behind the prompt and those observed before. */
  observe(ids: Iterable<number>): void {
    if (this.#processors.length > 0) this.#ids.push(...ids);
  }

  /** Takes back the last tokens observed. */
  forget(count: number): void {
    if (this.#processors.length > 0) this.#ids.splice(this.#ids.length - count, count);
  }

  /**
   * A row of logits as tokens are chosen from it, before temperature and cut-offs.
   * @returns the row itself where nothing is to change; else (V) f64 that the next call overwrites
   */
  process(logits: ArrayLike<number>): ArrayLike<number> {
    if (this.#processors.length === 0) return logits;
    if (this.#processed.length !== logits.length) this.#processed = new Float64Array(logits.length);
    this.#processed.set(logits);
    const before = { ids: this.#ids, nPrompt: this.#nPrompt };
    for (const process of this.#processors) process(this.#processed, before);
    return this.#processed;
  }

  /**
   * Whether any token may follow: not where the options forbid all of them.
   * @throws InputError ERR_LOGITS where a logit is NaN or Infinity
   */
  allowsAny(logits: ArrayLike<number>): boolean {
    return this.#processors.length === 0 || likeliest(this.process(logits)) >= 0;
  }

  /**
   * One token from one row of logits; draws one random number, or none at temperature 0.
   * @param logits (V) natural-log scale; -Infinity forbids a token
   * @param sums of these logits, where somebody has taken them
   * @throws InputError ERR_LOGITS where a logit is NaN or Infinity, or none is finite; ERR_SAMPLING where an option names
   * a token beyond the vocabulary
   */
  sample(logits: ArrayLike<number>, sums: SoftmaxSums | null = null): Sample {
    const summary = sums ?? summarize(logits);
    const changed = this.process(logits);
    const id =
      changed === logits
        ? this.#choose(logits, summary.best, summary.total)
        : this.#choose(changed, argmax(changed), null);
    return describe(logits, id, summary);
  }

  /** Whether `sampleRanked` can be used: not where logits change first, or where a cut-off asks for more than a head. */
  get takesRankedRows(): boolean {
    return this.#processors.length === 0 && onlyLooksAtHead(this.sampling);
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
    const { sampling } = this;
    const isGreedy = sampling.temperature === 0;
    const uniform = isGreedy ? 0 : this.#random.nextFloat();
    const at = isGreedy ? 0 : drawRanked(ranked, sampling, uniform, this.#candidates);
    if (at !== null) return describeRanked(ranked, at);
    const logits = await row();
    const summary = summarize(logits);
    return describe(logits, this.#draw(logits, summary.best, summary.total, uniform), summary);
  }

  /** What `sample` tells of a token, for one that was chosen in another way. @throws as `sample` */
  describe(logits: ArrayLike<number>, id: number, sums: SoftmaxSums | null = null): Sample {
    return describe(logits, id, sums ?? summarize(logits));
  }

  /** (V) probabilities that `sample` draws from; at temperature 0 the likeliest token has 1. @throws as `sample` */
  distribution(logits: ArrayLike<number>): Float64Array {
    const { temperature } = this.sampling;
    const changed = this.process(logits);
    const best = argmax(changed);
    const out = new Float64Array(changed.length);
    if (temperature === 0) {
      out[best] = 1;
      return out;
    }
    const max = changed[best] as number;
    const weigh = (id: number) => expNonPositive(((changed[id] as number) - max) / temperature);
    const totalWeight = () => sumWeights(changed, max, temperature);
    if (cutsNothing(this.sampling)) {
      const total = totalWeight();
      return out.map((_, id) => weigh(id) / total);
    }
    const candidates = this.#candidates;
    candidates.select({ logits: changed, max, temperature, totalWeight }, this.sampling);
    for (const id of candidates.ids) out[id] = weigh(id) / candidates.totalWeight;
    return out;
  }

  /** The next of its random numbers, in [0, 1). */
  uniform(): number {
    return this.#random.nextFloat();
  }

  /** @param totalAtOne the sum of weights at temperature 1, where it is known */
  #choose(logits: ArrayLike<number>, best: number, totalAtOne: number | null): number {
    return this.sampling.temperature === 0
      ? best
      : this.#draw(logits, best, totalAtOne, this.#random.nextFloat());
  }

  #draw(
    logits: ArrayLike<number>,
    best: number,
    totalAtOne: number | null,
    uniform: number,
  ): number {
    const { temperature } = this.sampling;
    const max = logits[best] as number;
    const totalWeight = () =>
      temperature === 1 && totalAtOne !== null ? totalAtOne : sumWeights(logits, max, temperature);
    const row = { logits, max, temperature, totalWeight };
    return this.#candidates.draw(row, this.sampling, uniform);
  }
}

function argmax(logits: ArrayLike<number>): number {
  const best = likeliest(logits);
  if (best >= 0) return best;
  throw new InputError(
    "ERR_LOGITS",
    `sample: expected at least one finite logit, got none among ${logits.length}. Something forbids every token.`,
  );
}

/** -1 where every token is forbidden. */
function likeliest(logits: ArrayLike<number>): number {
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
  return best;
}

function describe(
  logits: ArrayLike<number>,
  id: number,
  { best, total, weightedShift }: SoftmaxSums,
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

function summarize(logits: ArrayLike<number>): SoftmaxSums {
  return softmaxSums(logits, argmax(logits));
}

function sumWeights(logits: ArrayLike<number>, max: number, temperature: number): number {
  let total = 0;
  for (let id = 0; id < logits.length; id++)
    total += expNonPositive(((logits[id] as number) - max) / temperature);
  return total;
}
