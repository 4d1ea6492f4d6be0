import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { groupBy } from "../base/groupBy.ts";
import { correctedP } from "../sweep/pairStatistics.ts";
import { bootstrapInterval } from "./clusterStatistics.ts";
import type { EvaluatedSample } from "./evaluatedSample.ts";
import { wrongOption } from "./evaluateErrors.ts";
import { holm, mcNemar } from "./pairedTests.ts";

/** How arms are compared. */
export interface CompareOptions {
  /** Every other arm is compared with this one. Default: every arm with every other. */
  readonly baseline?: string;
  /** What a cut reply counts for. "wrong", or "out": pairs of which one was cut are left out. Default "wrong". */
  readonly cut?: "wrong" | "out";
  /** Of the bootstrap and of signs that are drawn. Default 10000. */
  readonly resamples?: number;
  /** Default 0. */
  readonly seed?: number;
}

const COMPARE_OPTIONS: OptionNames<CompareOptions> = {
  baseline: true,
  cut: true,
  resamples: true,
  seed: true,
};

/** Two arms on the same samples. */
export interface ArmComparison {
  readonly first: string;
  readonly second: string;
  /** Samples that both have. */
  readonly n: number;
  /** Accuracy of the second less that of the first, and where it lies, 95%: bootstrap over samples. */
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  /** Samples that only one of them got right; null where samples have several epochs. */
  readonly onlyFirst: number | null;
  readonly onlySecond: number | null;
  /** Of McNemar's exact test; null where samples have several epochs, which are not independent. */
  readonly mcNemar: number | null;
  /** Of the differences' signs, turned sample by sample: all patterns where there are few, else drawn ones. */
  readonly permutation: number;
  /** McNemar's p, or else the permutation's, corrected by Holm for all comparisons of the call. */
  readonly corrected: number;
}

/**
 * Compares arms that were asked the same samples, pair by pair.
 * @param arms their samples by name: `result.arms()`, or `{ base: one.samples, tuned: other.samples }`
 * @throws InputError ERR_OPTION where they do not have the same samples and epochs
 */
export function compareArms(
  arms: Readonly<Record<string, readonly EvaluatedSample[]>>,
  options: CompareOptions = {},
): ArmComparison[] {
  checkOptions("compareArms", options, COMPARE_OPTIONS);
  const { cut = "wrong", baseline, resamples = 10000, seed = 0 } = options;
  const names = Object.keys(arms);
  if (cut !== "wrong" && cut !== "out")
    throw wrongOption("compareArms cut", {
      expected: '"wrong" or "out"',
      got: cut,
      fix: "Choose one of them.",
    });
  if (names.length < 2 || (baseline !== undefined && !names.includes(baseline)))
    throw wrongOption("compareArms", {
      expected: baseline === undefined ? "at least two arms" : `an arm named ${baseline}`,
      got: names,
      fix: "Pass result.arms(), or { base: one.samples, tuned: other.samples }.",
    });
  const compared = pairsOf(names, baseline).map(([first, second]) => {
    const pairs = pairedSamples(first, arms[first] ?? [], second, arms[second] ?? [], cut);
    return { first, second, ...comparison(pairs, { resamples, seed }) };
  });
  const corrected = holm(compared.map(({ mcNemar: p, permutation }) => p ?? permutation));
  return compared.map((row, i) => ({ ...row, corrected: corrected[i] as number }));
}

function pairsOf(names: readonly string[], baseline: string | undefined): [string, string][] {
  if (baseline !== undefined)
    return names.filter((name) => name !== baseline).map((name) => [baseline, name]);
  return names.flatMap((first, i) =>
    names.slice(i + 1).map((second): [string, string] => [first, second]),
  );
}

/** Of one sample: right replies of either arm, of as many epochs. */
interface SamplePair {
  readonly first: number;
  readonly second: number;
  readonly epochs: number;
}

function pairedSamples(
  first: string,
  some: readonly EvaluatedSample[],
  second: string,
  others: readonly EvaluatedSample[],
  cut: "wrong" | "out",
): SamplePair[] {
  const keyOf = ({ sample, epoch }: EvaluatedSample) => JSON.stringify([sample, epoch]);
  const byKey = new Map(others.map((sample) => [keyOf(sample), sample]));
  const lacking = some.find((sample) => !byKey.has(keyOf(sample)));
  if (lacking !== undefined || byKey.size !== some.length)
    throw wrongOption("compareArms", {
      expected: `the same samples and epochs in ${first} and ${second}, one arm each`,
      got: lacking === undefined ? `${some.length} and ${others.length}` : keyOf(lacking),
      fix: "Compare arms of one task, with as many epochs.",
    });
  const pairs = some.flatMap((sample) => {
    const other = byKey.get(keyOf(sample)) as EvaluatedSample;
    const isCut = [sample, other].some(({ outcome }) => outcome === "cut");
    return isCut && cut === "out" ? [] : [{ id: sample.sample, sample, other }];
  });
  const right = (it: EvaluatedSample) => Number(it.outcome === "right");
  return [...groupBy(pairs, ({ id }) => id).values()].map((group) => ({
    first: group.reduce((sum, { sample }) => sum + right(sample), 0),
    second: group.reduce((sum, { other }) => sum + right(other), 0),
    epochs: group.length,
  }));
}

function comparison(
  pairs: readonly SamplePair[],
  drawn: { readonly resamples: number; readonly seed: number },
): Omit<ArmComparison, "first" | "second" | "corrected"> {
  if (pairs.length === 0)
    throw wrongOption("compareArms", {
      expected: "at least one pair of replies that were not cut",
      got: 0,
      fix: 'Raise maxTokens, or write cut: "wrong".',
    });
  const differences = pairs.map(({ first, second }) => second - first);
  const denominators = pairs.map(({ epochs }) => epochs);
  const clusters = { numerators: differences, denominators };
  const isSingle = denominators.every((epochs) => epochs === 1);
  const onlyFirst = differences.filter((difference) => difference < 0).length;
  const onlySecond = differences.filter((difference) => difference > 0).length;
  const effects = Float64Array.from(differences);
  const [permutation = 1] = correctedP({ effects, nPairs: pairs.length, ...drawn });
  const total = denominators.reduce((sum, epochs) => sum + epochs, 0);
  return {
    n: pairs.length,
    difference: differences.reduce((sum, difference) => sum + difference, 0) / total,
    ...bootstrapInterval(clusters, drawn),
    onlyFirst: isSingle ? onlyFirst : null,
    onlySecond: isSingle ? onlySecond : null,
    mcNemar: isSingle ? mcNemar(onlyFirst, onlySecond) : null,
    permutation,
  };
}
