import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import { breathe } from "../../engine/base/breathe.ts";
import type { Generation, OpenBatch } from "../../engine/index.ts";
import fc from "../fixtures/fastCheck.ts";
import { fixtureFolder, openModel, promptOf } from "../golden/openModel.ts";
import { told } from "./toldOfRun.ts";

/** A text of an open batch, and how its reader behaves. */
interface Visit {
  readonly from: number;
  readonly length: number;
  readonly temperature: number;
  readonly seed: number;
  readonly maxTokens: number;
  /** Turns of the event loop before it joins. */
  readonly comesAfter: number;
  /** Turns of the event loop that its reader takes over a token. */
  readonly pause: number;
  /** Tokens after which the reader leaves; null: it stays. */
  readonly leavesAfter: number | null;
}

/**
 * Of every fixture, on a backend: a text of an open batch has the bits of one alone, whoever comes and goes meanwhile, and
 * whatever of it was there from an earlier one.
 */
export function openBatchSuite(
  backend: BackendName,
  fixtures: readonly string[],
  numRuns: number,
): void {
  for (const fixture of fixtures)
    describe(`${backend}: ${fixture}, in an open batch`, () => suite(backend, fixture, numRuns));
}

const visit: fc.Arbitrary<Visit> = fc.record({
  from: fc.oneof(fc.constant(0), fc.nat(30)),
  length: fc.integer({ min: 1, max: 30 }),
  temperature: fc.constantFrom(0, 1.5),
  seed: fc.nat(99),
  maxTokens: fc.integer({ min: 1, max: 8 }),
  comesAfter: fc.nat(12),
  pause: fc.nat(3),
  leavesAfter: fc.option(fc.nat(4), { freq: 4 }),
});

function suite(backendName: BackendName, fixture: string, numRuns: number): void {
  const ids = promptOf(fixture);
  const opened: ReturnType<typeof openModel>[] = [];
  const open = () => {
    opened[0] ??= openModel(backendName, fixtureFolder(fixture), { prefixCacheBytes: 2 ** 24 });
    return opened[0];
  };
  after(async () => (await opened[0])?.model.dispose());
  const promptOfVisit = ({ from, length }: Visit) =>
    Array.from({ length }, (_, i) => ids[(from + i) % ids.length] as number);
  const optionsOf = ({ temperature, seed, maxTokens }: Visit) => ({ temperature, seed, maxTokens });

  test("a text has the same tokens with the same bits, whenever others come and go", async () => {
    const { model, backend } = await open();
    const visits = fc.array(visit, { minLength: 2, maxLength: 7 });
    const sizes = fc.record({ atOnce: fc.constantFrom(2, 32), chunkSize: fc.constantFrom(5, 256) });
    await fc.assert(
      fc.asyncProperty(visits, sizes, async (all, { atOnce, chunkSize }) => {
        model.freeIdle();
        const before = backend.memory.bytes;
        const batch = model.together({ atOnce, chunkSize, keep: "attention", contextLength: 40 });
        const texts = await Promise.all(all.map((one) => read(batch, promptOfVisit(one), one)));
        batch.dispose();
        for (const [i, one] of all.entries()) {
          const text = texts[i] as Generation;
          if (text.finishReason === "aborted") continue;
          model.freeIdle(); // it computes all of it
          const alone = model.generate(promptOfVisit(one), {
            ...optionsOf(one),
            ...{ chunkSize, keep: "attention" },
          });
          for await (const _ of alone);
          assert.equal(text.finishReason, alone.finishReason);
          assert.deepEqual(await told(text.run), await told(alone.run), `text ${i}`);
          alone.run.dispose();
        }
        for (const text of texts) if (hasRun(text)) text.run.dispose();
        model.freeIdle();
        assert.equal(backend.memory.bytes, before, "tensors of the batch are left");
      }),
      { numRuns },
    );
  });

  async function read(batch: OpenBatch, prompt: readonly number[], one: Visit) {
    await turns(one.comesAfter);
    const text = batch.generate(prompt, optionsOf(one));
    let count = 0;
    for await (const _ of text) {
      if (one.leavesAfter !== null && ++count > one.leavesAfter) break;
      await turns(one.pause);
    }
    return text;
  }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await breathe();
}

/** A text that was left before its prompt was through has none. */
function hasRun(text: Generation): boolean {
  try {
    text.run;
    return true;
  } catch {
    return false;
  }
}
