import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Run } from "../../engine/index.ts";
import { stepsTaken } from "../fixtures/stepsTaken.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const opened: ReturnType<typeof openModel>[] = [];
const open = () => {
  opened[0] ??= openModel("cpu", tinyFolder);
  return opened[0];
};
after(async () => (await opened[0])?.model.dispose());

/** Ids of a head and of as many tails as there are prompts. */
const HEAD = Array.from({ length: 40 }, (_, i) => 1 + ((7 * i) % 500));
const prompt = (i: number) => [...HEAD, 600 + i, 700 + i, ...HEAD.slice(0, i)];
const PROMPTS = Array.from({ length: 5 }, (_, i) => prompt(i));
/** The head's last row scores tokens that differ. */
const N_SHARED = HEAD.length - 1;

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const flopsOf = (run: Run) => run.cost().tokens.map(({ flops }) => flops);
const disposeAll = (runs: readonly Run[]) => {
  for (const run of runs) run.dispose();
};

const stepsOf = async (work: () => Promise<unknown>) => stepsTaken((await open()).backend, work);

describe("a prefix that prompts of a batch share", () => {
  it("is computed first and once, and the first run is charged with it", async () => {
    const { model } = await open();
    let runs: Run[] = [];
    const steps = await stepsOf(async () => {
      runs = await model.runAll(PROMPTS).all();
    });
    assert.deepEqual(steps, [N_SHARED, sum(PROMPTS.map(({ length }) => length - N_SHARED))]);
    const shared = runs.map((run) => run.cost().sharedPrefixTokens);
    assert.deepEqual(shared, [0, N_SHARED, N_SHARED, N_SHARED, N_SHARED]);
    const alone = await Promise.all(PROMPTS.map((ids) => model.run(ids)));
    const expected = alone.map((run, i) => (i === 0 ? flopsOf(run) : flopsOf(run).slice(N_SHARED)));
    for (const [i, run] of runs.entries()) {
      assert.deepEqual(
        flopsOf(run).filter((flops) => flops > 0),
        expected[i],
      );
      const { kvCacheBytes, prefillMs, tokens } = run.cost();
      assert.equal(kvCacheBytes, alone[i]?.cost().kvCacheBytes);
      const measured = sum(tokens.map(({ durationMs }) => durationMs ?? Number.NaN));
      assert.ok(Math.abs(measured - (prefillMs ?? 0)) <= 1e-9 * measured);
    }
    disposeAll([...runs, ...alone]);
  });

  it("is what several samples of one prompt begin with, but for its last token", async () => {
    const { model } = await open();
    const [ids = []] = PROMPTS;
    const options = { maxTokens: 2, ignoreEos: true };
    const steps = await stepsOf(async () => {
      const all = await model.generateAll([ids, ids, ids], options).all();
      disposeAll(all.map(({ run }) => run));
      const { sharedPrefixTokens } = (all[2] as (typeof all)[number]).run.cost();
      assert.equal(sharedPrefixTokens, ids.length - 1);
    });
    assert.deepEqual(steps.slice(0, 2), [ids.length - 1, 3]);
  });

  it("waits for prompts that take freed places, and goes with the last of them", async () => {
    const { model, backend } = await open();
    const steps = await stepsOf(async () => {
      disposeAll(await model.runAll(PROMPTS, { atOnce: 1 }).all());
    });
    assert.deepEqual(steps, [N_SHARED, ...PROMPTS.map(({ length }) => length - N_SHARED)]);
    model.freeIdle();
    const before = backend.memory;
    for await (const run of model.runAll(PROMPTS, { atOnce: 1 })) {
      run.dispose();
      break; // four prompts would have begun with it
    }
    const controller = new AbortController();
    const { signal } = controller;
    const texts = model.generateAll(PROMPTS, { atOnce: 2, signal });
    for await (const { prompt: at } of texts) {
      assert.ok(at < 2);
      controller.abort();
    }
    for (const { run } of texts.generations.slice(0, 2)) run.dispose();
    model.freeIdle();
    assert.deepEqual(backend.memory, before);
  });

  it("ends with a signal that fires while it is computed", async () => {
    const { model, backend } = await open();
    model.freeIdle();
    const before = backend.memory;
    const controller = new AbortController();
    const { signal } = controller;
    const options = { signal, chunkSize: 16, maxTokens: 4 };
    const texts = model.generateAll(PROMPTS, options);
    const all = texts.all();
    const execute = backend.execute.bind(backend);
    let nSteps = 0;
    backend.execute = (program, step) => {
      if (program.some(({ kind }) => kind === "embed") && ++nSteps === 2) controller.abort();
      execute(program, step);
    };
    try {
      await all;
    } finally {
      backend.execute = execute;
    }
    for (const { finishReason } of texts.generations) assert.equal(finishReason, "aborted");
    assert.equal(nSteps, 2);
    model.freeIdle();
    assert.deepEqual(backend.memory, before);
  });

  it("is left out where the option says so", async () => {
    const { model } = await open();
    const steps = await stepsOf(async () => {
      const runs = await model.runAll(PROMPTS, { sharePrefix: false }).all();
      for (const run of runs) assert.equal(run.cost().sharedPrefixTokens, 0);
      disposeAll(runs);
    });
    assert.equal(sum(steps), sum(PROMPTS.map(({ length }) => length)));
    const wrong = { sharePrefix: 1 as never };
    assert.throws(() => model.runAll(PROMPTS, wrong), { code: "ERR_OPTION" });
    assert.throws(() => model.generateAll(PROMPTS, wrong), { code: "ERR_OPTION" });
  });
});
