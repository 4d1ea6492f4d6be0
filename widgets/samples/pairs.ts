import { armLabel, type SampleSource } from "../render/evaluationSource.ts";

/** A sample, with what became of it in the other evaluation where there is one. */
export interface SamplePair {
  readonly now: SampleSource;
  readonly before: SampleSource | null;
}

/**
 * Puts samples beside those of another evaluation, by sample, epoch and arm. Where each has one arm, it may be another.
 * @throws TypeError where they are not of the same samples, epochs and arms
 */
export function pairSamples(
  samples: readonly SampleSource[],
  others: readonly SampleSource[] | null,
): SamplePair[] {
  if (others === null) return samples.map((now) => ({ now, before: null }));
  const haveOneArm = [samples, others].every((all) => new Set(all.map(armLabel)).size === 1);
  const keyOf = (it: SampleSource): string =>
    JSON.stringify([it.sample, it.epoch, haveOneArm ? "" : armLabel(it)]);
  const found = new Map(others.map((it) => [keyOf(it), it]));
  const own = new Set(samples.map(keyOf));
  const unmatched =
    samples.find((now) => !found.has(keyOf(now))) ?? others.find((it) => !own.has(keyOf(it)));
  if (unmatched !== undefined)
    throw new TypeError(
      `samples: expected the same samples, epochs and arms in both, got ${samples.length} and ${others.length}, and ${placeText(unmatched)} in one alone. Evaluate the same task with the same epochs; of several arms pass one of each, evaluation.arms().name.`,
    );
  return samples.map((now) => {
    const before = found.get(keyOf(now)) as SampleSource;
    if (before.prompt === now.prompt && before.target === now.target) return { now, before };
    throw new TypeError(
      `samples: expected the same prompt and target in both, got others for ${placeText(now)}. Evaluate the same task twice.`,
    );
  });
}

/** The same sample of the same arm, in a line. */
export function placeText(it: SampleSource): string {
  return `sample ${it.sample}, epoch ${it.epoch}, ${armLabel(it)}`;
}

/** What became of a sample, worst first: right ones that are lost are what a change is judged by. */
const CHANGES = [
  ...["right wrong", "right cut", "cut wrong", "wrong cut", "cut right", "wrong right"],
  ...["wrong wrong", "cut cut", "right right"],
];

/** Place in the order of changes; 0 where there is nothing beside it. */
export function changeRank({ now, before }: SamplePair): number {
  return before === null ? 0 : CHANGES.indexOf(`${before.outcome} ${now.outcome}`);
}
