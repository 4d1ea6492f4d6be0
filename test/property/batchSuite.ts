import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import type { Generation, Run } from "../../engine/index.ts";
import fc from "../fixtures/fastCheck.ts";
import { fixtureFolder, openModel, promptOf } from "../golden/openModel.ts";
import { told } from "./toldOfRun.ts";

/**
 * Of every fixture, on a backend: what a sequence gives does not depend on those that share its steps.
 * @param numRuns batches of each test: the first of runs and the first two of generations, greedy and sampled, are `nPrompts`
 *   prompts of as many lengths, the others any
 */
export function batchSuite(
  backend: BackendName,
  fixtures: readonly string[],
  numRuns: number,
  nPrompts = 8,
): void {
  for (const fixture of fixtures)
    describe(`${backend}: ${fixture}, alone and among others`, () =>
      suite(backend, fixture, numRuns, nPrompts));
}

function suite(backendName: BackendName, fixture: string, numRuns: number, nPrompts: number): void {
  const ids = promptOf(fixture);
  const lengths = ofAllLengths(nPrompts, ids.length);
  const opened: ReturnType<typeof openModel>[] = [];
  const open = () => {
    opened[0] ??= openModel(backendName, fixtureFolder(fixture));
    return opened[0];
  };
  after(async () => (await opened[0])?.model.dispose());
  const prompts = fc.array(
    fc.record({
      from: fc.nat(ids.length - 2),
      length: fc.integer({ min: 1, max: ids.length - 2 }),
    }),
    { minLength: 2, maxLength: nPrompts },
  );
  const idsOf = ({ from, length }: { from: number; length: number }) =>
    Array.from({ length }, (_, i) => ids[(from + i) % ids.length] as number);

  test("a run has the same bits", async () => {
    const { model, backend } = await open();
    const chunkSize = fc.constantFrom(3, 256);
    const atOnce = fc.constantFrom(3, 32);
    await fc.assert(
      fc.asyncProperty(prompts, chunkSize, atOnce, async (places, chunk, most) => {
        const all = places.map(idsOf);
        const capture = "blocks.*.hook_*_post"; // one stream or several
        const options = { capture, logits: "all" as const, chunkSize: chunk };
        const together = await model.runAll(all, { ...options, atOnce: most }).all();
        for (const [i, prompt] of all.entries()) {
          const alone = await model.run(prompt, options);
          assert.deepEqual(await told(together[i] as Run), await told(alone), `prompt ${i}`);
          alone.dispose();
        }
        for (const run of together) run.dispose();
      }),
      { numRuns, examples: [[lengths, 256, 32]] },
    );
    model.freeIdle();
    const { bytes } = backend.memory;
    (await model.runAll([idsOf({ from: 0, length: 3 })]).all())[0]?.dispose();
    model.freeIdle();
    assert.equal(backend.memory.bytes, bytes, "tensors of a batch are left");
  });

  test("a generation has the same tokens with the same bits, greedy and sampled", async () => {
    const { model } = await open();
    const temperature = fc.constantFrom(0, 1.5);
    await fc.assert(
      fc.asyncProperty(prompts, temperature, fc.nat(99), async (places, heat, seed) => {
        const all = places.map((place) => idsOf({ ...place, length: Math.min(place.length, 9) }));
        const options = { temperature: heat, maxTokens: 6, keep: "attention" as const };
        const atOnce = Math.ceil(0.6 * nPrompts); // the others wait
        const batch = model.generateAll(all, { ...options, seed, atOnce });
        const counts = all.map(() => 0);
        for await (const { prompt } of batch) counts[prompt] = (counts[prompt] ?? 0) + 1;
        for (const [i, prompt] of all.entries()) {
          const alone = model.generate(prompt, { ...options, seed: seed + i });
          let count = 0;
          for await (const _ of alone) count += 1;
          const together = batch.generations[i] as Generation;
          assert.equal(counts[i], count);
          assert.equal(together.finishReason, alone.finishReason);
          assert.deepEqual(await told(together.run), await told(alone.run), `prompt ${i}`);
          together.run.dispose();
          alone.run.dispose();
        }
      }),
      {
        numRuns,
        examples: [
          [lengths, 0, 1],
          [lengths, 1.5, 1],
        ],
      },
    );
  });
}

/** Prompts of as many lengths, the first of one token, spread over 22. */
const ofAllLengths = (count: number, most: number) =>
  Array.from({ length: count }, (_, i) => ({
    from: i,
    length: Math.min(1 + Math.floor((21 * i) / (count - 1)), most - 2),
  }));
