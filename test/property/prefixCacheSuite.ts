import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import type { Model, Run } from "../../engine/index.ts";
import fc from "../fixtures/fastCheck.ts";
import { fixtureFolder, openModel, promptOf } from "../golden/openModel.ts";
import { told } from "./toldOfRun.ts";

/** One call: it goes on from a part of one of the sequences before it, or begins anew. */
interface Turn {
  /** Which of them, counted from the last; those that are not there mean none. */
  readonly from: number;
  /** So much of it is kept, in hundredths. */
  readonly kept: number;
  /** Tokens behind that. */
  readonly added: number;
  readonly way: "run" | "runAll" | "generate" | "generateAll" | "together";
  readonly keep: "attention" | "routes" | "nothing";
  readonly chunkSize: number;
  readonly logits: "last" | "all" | readonly number[];
  readonly speculates: boolean;
}

const turn: fc.Arbitrary<Turn> = fc.record({
  from: fc.nat(2),
  kept: fc.constantFrom(100, 100, 60),
  added: fc.integer({ min: 1, max: 9 }),
  way: fc.constantFrom("run", "runAll", "generate", "generateAll", "together"),
  keep: fc.constantFrom("attention", "attention", "routes", "nothing"),
  chunkSize: fc.constantFrom(5, 256),
  logits: fc.constantFrom("last" as const, "last" as const, "all" as const, [3, -2]),
  speculates: fc.boolean(),
});

const USUAL: Turn = {
  ...{ from: 0, kept: 100, added: 3, way: "generate", keep: "routes" },
  ...{ chunkSize: 5, logits: "last", speculates: false },
};

/**
 * A conversation, with calls in it that keep more than those before, that want rows of logits, and whose prompt is long enough for the
 * other form of latent attention.
 */
const CONVERSATION: readonly Turn[] = (
  [
    { from: 9, added: 9 },
    { way: "run" },
    { speculates: true },
    { speculates: true },
    { way: "generateAll" },
    { way: "run", chunkSize: 256 },
    { kept: 60 },
    { way: "runAll", keep: "attention" },
    { logits: "all" },
    { way: "together" },
    { way: "generateAll", logits: [3, -2], keep: "nothing" },
  ] as const
).map((changes) => ({ ...USUAL, ...changes }));

/** Of every fixture, on a backend: with a cache of prefixes calls give what they give without. */
export function prefixCacheSuite(
  backend: BackendName,
  fixtures: readonly string[],
  numRuns: number,
): void {
  for (const fixture of fixtures)
    describe(`${backend}: ${fixture}, with a cache of prefixes`, () =>
      suite(backend, fixture, numRuns));
}

function suite(backendName: BackendName, fixture: string, numRuns: number): void {
  const opened: ReturnType<typeof openModel>[] = [];
  const open = () => {
    if (opened.length === 0)
      for (const prefixCacheBytes of [0, 2 ** 22, 2 ** 16])
        opened.push(openModel(backendName, fixtureFolder(fixture), { prefixCacheBytes }));
    return Promise.all(opened);
  };
  after(async () => {
    for (const { model } of await Promise.all(opened)) model.dispose();
  });
  const ids = promptOf(fixture);
  const addedTo = (turns: number, count: number) =>
    Array.from({ length: count }, (_, i) => ids[(11 * turns + i) % ids.length] as number);

  test("calls that begin as earlier ones did have the same bits", async () => {
    const all = await open();
    const [plain, ...cached] = all;
    assert.ok(plain);
    const memory = () => {
      for (const { model } of all) model.freeIdle(); // on webgpu they have one device together
      return cached.map(({ backend }) => ({ ...backend.memory }));
    };
    let nShared = 0;
    const play = async (turns: readonly Turn[]): Promise<void> => {
      const ended: (readonly number[])[] = [];
      for (const [i, each] of turns.entries()) {
        const before = ended.at(-1 - each.from) ?? [];
        const kept = before.slice(0, Math.ceil((before.length * each.kept) / 100));
        const prompt = [...kept.slice(0, 60), ...addedTo(i, each.added)];
        const alone = await played(plain.model, prompt, each, i);
        const wanted = await toldOf(alone);
        for (const { model } of cached) {
          const runs = await played(model, prompt, each, i);
          assert.deepEqual(await toldOf(runs), wanted, `turn ${i} of ${backendName}`);
          const { prefixes } = model.deviceMemory();
          assert.ok(prefixes && prefixes.bytes <= prefixes.budgetBytes);
          nShared += (runs[0] as Run).sharedPrefixTokens;
          disposeAll(runs);
        }
        ended.push((alone[0] as Run).tokens.map(({ id }) => id));
        disposeAll(alone);
      }
    };
    const before = memory();
    await fc.assert(fc.asyncProperty(fc.array(turn, { minLength: 3, maxLength: 6 }), play), {
      numRuns: numRuns + 1, // the conversation above is the first
      examples: [[[...CONVERSATION]]],
    });
    assert.ok(nShared > 0, "nothing came from the cache");
    const [large] = cached.map(({ model }) => model.deviceMemory().prefixes);
    assert.ok(large && large.hits > 0 && large.misses > 0 && large.hitTokens >= large.hits);
    assert.deepEqual(memory(), before, "something is left on the device");
  });
}

/** The runs of a turn; those of a batch have tails of their own. */
async function played(
  model: Model,
  prompt: readonly number[],
  { way, keep, chunkSize, logits, speculates }: Turn,
  seed: number,
): Promise<readonly Run[]> {
  const options = { keep, chunkSize, logits };
  const speculate = speculates && model.spec.mtp !== null ? ("mtp" as const) : ("off" as const);
  const sampling = { temperature: 1.2, seed, maxTokens: 4, ignoreEos: true };
  const prompts = [prompt, [...prompt, 5], [...prompt, 6, 7], prompt];
  if (way === "run") return [await model.run(prompt, options)];
  if (way === "runAll") return model.runAll(prompts, options).all();
  if (way === "generate") {
    const generation = model.generate(prompt, { ...options, ...sampling, speculate });
    for await (const _ of generation);
    return [generation.run];
  }
  if (way === "generateAll") {
    const all = await model.generateAll(prompts, { ...options, ...sampling, speculate }).all();
    return all.map(({ run }) => run);
  }
  const batch = model.together({ keep, chunkSize, atOnce: 2, contextLength: 100 });
  const texts = prompts.map((each) => batch.generate(each, { logits, ...sampling }));
  const read = texts.map(async (text) => {
    for await (const _ of text);
    return text.run;
  });
  const runs = await Promise.all(read);
  batch.dispose();
  return runs;
}

/** Of all runs what was said, of the last one all that it kept: that takes longest. */
async function toldOf(runs: readonly Run[]) {
  const said = runs.map(({ record, logits }) => [record.tokens, [...logits.data]]);
  return [...said, await told(runs.at(-1) as Run)];
}

function disposeAll(runs: readonly Run[]): void {
  for (const run of runs) run.dispose();
}
