import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { type TestContext, test } from "node:test";
import { VitrineError } from "../../engine/errors.ts";
import { Mutator } from "./mutate.ts";

/** No damaged input may take longer than this; the sound ones take a few milliseconds. */
const LIMIT_MS = 3000;
/**
 * Nor take more memory than this many times its size, and this much besides: what a run leaves as garbage counts too, and
 * a header may ask for as many layers as it has tensors.
 */
const LIMIT_TIMES = 16;
const LIMIT_BYTES = 64 * 2 ** 20;

/** Bytes of all objects and buffers, those that are garbage among them. */
function heldBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/**
 * Feeds `runs` damaged inputs to a reader. Each must be read, or refused with one of the engine's own errors, in time and
 * in little memory.
 * At least one of either kind must come up, or the damage is too mild or too wild to test anything.
 * FUZZ_SEED repeats a run; the seed of every run is printed.
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
    const seed = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));
    t.diagnostic(`${name}: FUZZ_SEED=${seed}`);
    process.stderr.write(`${name}: FUZZ_SEED=${seed}\n`); // told though the process may not live to report it
    const read = await prepare();
    let accepted = 0;
    let refused = 0;
    for (let run = 0; run < runs; run++) {
      const before = heldBytes();
      const started = performance.now();
      try {
        await read(new Mutator(seed * 100_000 + run));
        accepted += 1;
      } catch (error) {
        if (!(error instanceof VitrineError))
          throw new Error(
            `FUZZ_SEED=${seed}, run ${run}: not one of the engine's errors: ${error}`,
            { cause: error },
          );
        refused += 1;
      }
      const durationMs = performance.now() - started;
      const grown = heldBytes() - before;
      assert.ok(durationMs < LIMIT_MS, `FUZZ_SEED=${seed}, run ${run}: took ${durationMs} ms`);
      assert.ok(grown < limitBytes, `FUZZ_SEED=${seed}, run ${run}: took ${grown} bytes`);
    }
    assert.ok(accepted > 0 && refused > 0, `${accepted} read, ${refused} refused`);
  });
}
