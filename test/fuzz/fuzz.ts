import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { VitrineError } from "../../engine/base/errors.ts";
import { testSeed } from "../fixtures/testSeed.ts";
import { meterAllocations } from "./allocationMeter.ts";
import { Mutator } from "./mutate.ts";

/**
 * No damaged input may ask for more memory than this many times its size, and this much besides: as many layers as no
 * published model has, but a header may ask for, are planned in 3.7 MB by the meter's count; the files here take 10 times
 * their size at most.
 */
const LIMIT_TIMES = 16;
export const LIMIT_BYTES = 4 * 2 ** 20;

/**
 * Feeds `runs` damaged inputs to a reader. Each must be read, or refused with one of the engine's own errors, and ask for
 * little memory meanwhile. One that is never done with is ended with its file, by the test runner.
 * At least one of either kind must come up, or the damage is too mild or too wild to test anything.
 * @param inputBytes of the undamaged file, where it is more than a few kilobytes
 */
export function fuzz(
  name: string,
  runs: number,
  prepare: () => Promise<(mutator: Mutator) => unknown> | ((mutator: Mutator) => unknown),
  inputBytes = 0,
): void {
  const limitBytes = LIMIT_TIMES * inputBytes + LIMIT_BYTES;
  test(name, async (t: TestContext) => {
    const read = await prepare();
    let accepted = 0;
    let refused = 0;
    let mostBytes = 0;
    for (let run = 0; run < runs; run++) {
      const mutator = new Mutator(testSeed * 100_000 + run);
      try {
        const { askedBytes, error } = await meterAllocations(limitBytes, () => read(mutator));
        mostBytes = Math.max(mostBytes, askedBytes);
        if (error === null) accepted += 1;
        else if (error instanceof VitrineError) refused += 1;
        else throw error;
      } catch (error) {
        const fault = `TEST_SEED=${testSeed}, run ${run}: expected a reading or one of the engine's errors, got ${error}`;
        throw new Error(fault, { cause: error });
      }
    }
    t.diagnostic(
      `${name}: ${accepted} read, ${refused} refused, ${mostBytes} bytes at most, TEST_SEED=${testSeed}`,
    );
    assert.ok(accepted > 0 && refused > 0, `${accepted} read, ${refused} refused`);
  });
}
