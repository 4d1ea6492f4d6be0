import { checkCount, checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError, ShapeError } from "../base/errors.ts";
import { Tensor } from "../tensor/tensor.ts";
import { bootstrapIntervals, correctedP } from "./pairStatistics.ts";

/** How often pairs are drawn again. */
export interface EffectsOverPairsOptions {
  /** For intervals, and for p where not all patterns of signs are gone through. Default 2000. */
  readonly resamples?: number;
  /** The same seed, the same numbers. Default 0. */
  readonly seed?: number;
}

/** What effects in several pairs come to, cell by cell; shapes are those of the effects without their first axis. */
export interface EffectsOverPairs {
  readonly mean: Tensor<Float64Array>;
  /** Ends of the central 95% of the means of pairs drawn with replacement. */
  readonly low: Tensor<Float64Array>;
  readonly high: Tensor<Float64Array>;
  /** Of a permutation test of the signs, two-sided, corrected over all cells. */
  readonly p: Tensor<Float64Array>;
}

const EFFECTS_OPTIONS: OptionNames<EffectsOverPairsOptions> = { resamples: true, seed: true };

/**
 * Means over pairs with bootstrap intervals, and how often chance alone gives any cell an effect as large: pairs change sign, and the
 * largest of all cells is compared with each. With n pairs no p is below 2 / 2^n.
 * @param effects (pairs, ...) what was changed less what was not, of each pair; a list has one cell
 * @see B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993, section 13.3; T. Nichols, A. Holmes, "Nonparametric
 * permutation tests for functional neuroimaging", Human Brain Mapping 15, 2002
 * @throws InputError ERR_OPTION; ShapeError ERR_SHAPE for fewer than two pairs, ERR_RANGE for what is no number
 */
export function effectsOverPairs(
  effects: Tensor | readonly number[],
  options: EffectsOverPairsOptions = {},
): EffectsOverPairs {
  checkOptions("effectsOverPairs", options, EFFECTS_OPTIONS);
  const { seed = 0 } = options;
  const resamples = checkCount("effectsOverPairs resamples", options.resamples ?? 2000);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new InputError(
      "ERR_OPTION",
      `effectsOverPairs seed: expected a whole number from 0, got ${seed}. Correct it.`,
    );
  const [data, shape, dims] =
    effects instanceof Tensor
      ? [Float64Array.from(effects.data), effects.shape, effects.dims]
      : [Float64Array.from(effects), [effects.length], ["pair"]];
  const [nPairs = 0] = shape;
  if (nPairs < 2 || data.length === 0)
    throw new ShapeError(
      "ERR_SHAPE",
      `effectsOverPairs: expected effects (pairs, ...) of two pairs or more, got (${shape.join(", ")}). One pair says nothing of chance.`,
    );
  const wrong = data.find((effect) => !Number.isFinite(effect));
  if (wrong !== undefined)
    throw new ShapeError(
      "ERR_RANGE",
      `effectsOverPairs: expected finite numbers, got ${wrong}. Leave out pairs without an effect.`,
    );
  const all = new Tensor(data, shape, dims);
  const tensor = (of: Float64Array) => new Tensor(of, shape.slice(1), dims.slice(1));
  const paired = { effects: data, nPairs, resamples, seed };
  const { low, high } = bootstrapIntervals(paired);
  return {
    mean: all.mean(0) as Tensor<Float64Array>,
    ...{ low: tensor(low), high: tensor(high) },
    p: tensor(correctedP(paired)),
  };
}
