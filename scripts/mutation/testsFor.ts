import type { MeasuredTest } from "./measureTests.ts";
import type { Mutant } from "./mutantsOf.ts";

/**
 * The tests that run what a mutant changes. The innermost function that the coverage knows by name decides; where
 * none is known, every test that runs anything of the file is asked.
 */
export function testsFor(
  { file, functions }: Mutant,
  tests: readonly MeasuredTest[],
): readonly MeasuredTest[] {
  const ofFile = tests.filter(({ runs }) => runs.get(file)?.hasRun === true);
  const isKnown = (name: string): boolean =>
    ofFile.some(({ runs }) => runs.get(file)?.seen.has(name));
  const name = functions.find(isKnown);
  return name === undefined ? ofFile : ofFile.filter(({ runs }) => runs.get(file)?.run.has(name));
}
