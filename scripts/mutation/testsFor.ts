import type { MeasuredTest } from "./measureTests.ts";
import type { Mutant } from "./mutantsOf.ts";

/** What holds only far away, in a test of something else, is not tested: and it would cost minutes for each survivor. */
const MOST_TESTS = 6;
const MOST_FURTHER = 1;

/** Those that import the file by the shortest way, or by one step more. */
function nearest(file: string, tests: readonly MeasuredTest[]): readonly MeasuredTest[] {
  const away = ({ distances }: MeasuredTest): number => distances.get(file) ?? Infinity;
  const least = Math.min(...tests.map(away));
  return tests
    .filter((test) => away(test) <= least + MOST_FURTHER)
    .sort((a, b) => away(a) - away(b) || (a.test < b.test ? -1 : 1))
    .slice(0, MOST_TESTS);
}

/**
 * The nearest tests that run what a mutant changes. The innermost function that the coverage knows by name decides;
 * where none is known, a test that runs anything of the file will do.
 */
export function testsFor(
  { file, functions }: Mutant,
  tests: readonly MeasuredTest[],
): readonly MeasuredTest[] {
  const ofFile = tests.filter(({ runs }) => runs.get(file)?.hasRun === true);
  const isKnown = (name: string): boolean =>
    ofFile.some(({ runs }) => runs.get(file)?.seen.has(name));
  const name = functions.find(isKnown);
  const running =
    name === undefined ? ofFile : ofFile.filter(({ runs }) => runs.get(file)?.run.has(name));
  return nearest(file, running);
}
