import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { Backend, BackendName } from "../../engine/backend/backend.ts";
import type { Run } from "../../engine/index.ts";
import fc from "../fixtures/fastCheck.ts";
import { expected, fixtureFolder, openModel } from "../golden/openModel.ts";
import { told } from "./toldOfRun.ts";

/** A prompt that begins as others do: so many tokens of one of two heads, and a tail of its own. */
interface Headed {
  readonly head: number;
  readonly headLength: number;
  readonly tail: number;
  readonly tailLength: number;
}

const headed: fc.Arbitrary<Headed> = fc.record({
  head: fc.nat(1),
  headLength: fc.integer({ min: 8, max: 44 }),
  tail: fc.nat(30),
  tailLength: fc.nat(6),
});

/** Eight with the same head, half of them so long that latent attention takes its expanded form in the fixtures. */
const ONE_HEAD: readonly Headed[] = Array.from({ length: 8 }, (_, i) => ({
  head: 0,
  headLength: 30,
  tail: i,
  tailLength: i % 2 === 0 ? 2 : 6,
}));

/** Of every fixture, on a backend: what prompts of a batch begin with is shared, and nothing tells but what it costs. */
export function prefixSuite(
  backend: BackendName,
  fixtures: readonly string[],
  numRuns: number,
): void {
  for (const fixture of fixtures)
    describe(`${backend}: ${fixture}, with a shared prefix`, () =>
      suite(backend, fixture, numRuns));
}

function suite(backendName: BackendName, fixture: string, numRuns: number): void {
  const { ids } = expected(fixture);
  const opened: ReturnType<typeof openModel>[] = [];
  const open = () => {
    opened[0] ??= openModel(backendName, fixtureFolder(fixture));
    return opened[0];
  };
  after(async () => (await opened[0])?.model.dispose());
  const idAt = (i: number) => ids[i % ids.length] as number;
  const idsOf = ({ head, headLength, tail, tailLength }: Headed) => [
    ...Array.from({ length: headLength }, (_, i) => idAt(7 * head + i)),
    ...Array.from({ length: tailLength }, (_, i) => idAt(tail + 3 * i)),
  ];
  const oneHead = ONE_HEAD.map(idsOf);
  const prompts = fc.array(headed, { minLength: 4, maxLength: 10 }).map((each) => each.map(idsOf));

  test("a run has the same bits, and shared rows are computed and counted once", async () => {
    const { model, backend } = await open();
    const options = fc.record({
      chunkSize: fc.constantFrom(13, 256),
      atOnce: fc.constantFrom(4, 32),
      keep: fc.constantFrom("attention" as const, "routes" as const),
      logits: fc.constantFrom("all" as const, "last" as const, [3, -2]),
    });
    const capture = "blocks.*.hook_*_post"; // one stream or several
    let nShared = 0;
    await fc.assert(
      fc.asyncProperty(prompts, options, async (all, { atOnce, ...asked }) => {
        const batch = model.runAll(all, { ...asked, capture, atOnce });
        const { result: together, rows } = await rowsOf(backend, () => batch.all());
        let charged = 0;
        for (const [i, prompt] of all.entries()) {
          const run = together[i] as Run;
          const alone = await model.run(prompt, { ...asked, capture });
          assert.deepEqual(await told(run), await told(alone), `prompt ${i}`);
          const { sharedPrefixTokens, tokens } = run.cost();
          for (const [t, { flops, index }] of tokens.entries()) {
            assert.equal(flops === 0, t < sharedPrefixTokens);
            assert.equal(index, t);
          }
          charged += tokens.length - sharedPrefixTokens;
          nShared += sharedPrefixTokens;
          assert.equal(alone.cost().sharedPrefixTokens, 0);
          run.dispose();
          alone.dispose();
        }
        assert.equal(charged, rows, "runs are charged with other rows than were computed");
      }),
      {
        numRuns,
        examples: [[oneHead, { chunkSize: 256, atOnce: 32, keep: "attention", logits: "last" }]],
      },
    );
    assert.ok(nShared > 0, "nothing was shared");
    model.freeIdle();
    const { bytes } = backend.memory;
    for (const run of await model.runAll(oneHead).all()) run.dispose();
    model.freeIdle();
    assert.equal(backend.memory.bytes, bytes, "a shared prefix is left");
  });

  test("a generation goes on with the same bits", async () => {
    const { model } = await open();
    const sampling = { temperature: 1.5, maxTokens: 3, ignoreEos: true };
    const options = { ...sampling, keep: "attention" as const };
    await fc.assert(
      fc.asyncProperty(prompts, fc.constantFrom(2, 32), async (all, atOnce) => {
        const batch = model.generateAll(all, { ...options, seed: 1, atOnce });
        for (const [i, { run }] of (await batch.all()).entries()) {
          const alone = model.generate(all[i] as number[], { ...options, seed: 1 + i });
          for await (const _ of alone);
          assert.deepEqual(await told(run), await told(alone.run), `prompt ${i}`);
          run.dispose();
          alone.run.dispose();
        }
      }),
      { numRuns, examples: [[oneHead, 32]] },
    );
  });
}

/** How many rows go through the model meanwhile. */
async function rowsOf<Result>(backend: Backend, work: () => Promise<Result>) {
  let rows = 0;
  const execute = backend.execute.bind(backend);
  backend.execute = (program, step) => {
    if (program.some(({ kind }) => kind === "embed")) rows += step.nTokens;
    execute(program, step);
  };
  try {
    return { result: await work(), rows };
  } finally {
    backend.execute = execute;
  }
}
