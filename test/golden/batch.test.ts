import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Operator } from "../../engine/backend/operators.ts";
import type { Generation } from "../../engine/index.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const opened: ReturnType<typeof openModel>[] = [];
const open = () => {
  opened[0] ??= openModel("cpu", tinyFolder);
  return opened[0];
};
after(async () => (await opened[0])?.model.dispose());

const PROMPTS = ["And God said", "In the beginning God created", "Let there be light: and", "The"];

/** How often each kind of operator is executed meanwhile: in how many calls, and for how many sequences. */
async function executed(work: () => Promise<unknown>) {
  const { backend } = await open();
  const calls = new Map<string, number>();
  const sequences = new Map<string, number>();
  const execute = backend.execute.bind(backend);
  const executeParts = backend.executeParts.bind(backend);
  const count = (program: readonly Operator[], nParts: number) => {
    for (const { kind } of program) {
      calls.set(kind, (calls.get(kind) ?? 0) + 1);
      sequences.set(kind, (sequences.get(kind) ?? 0) + nParts);
    }
  };
  backend.execute = (program, step) => {
    count(program, 1);
    execute(program, step);
  };
  backend.executeParts = (parts) => {
    count(parts[0]?.program ?? [], parts.length);
    executeParts(parts);
  };
  try {
    await work();
  } finally {
    backend.execute = execute;
    backend.executeParts = executeParts;
  }
  return { calls, sequences };
}

describe("Model.runAll", () => {
  it("reads weights once for all prompts of a step, and attends for each in one call", async () => {
    const { model } = await open();
    const one = await executed(async () => (await model.run(PROMPTS[0] as string)).dispose());
    const four = await executed(async () => {
      for (const run of await model.runAll(PROMPTS).all()) run.dispose();
    });
    assert.deepEqual(four.calls, one.calls);
    const times = (kind: string) => (four.sequences.get(kind) ?? 0) / (one.calls.get(kind) ?? 0);
    for (const kind of ["matmul", "expertsUp"]) assert.equal(times(kind), 1);
    for (const kind of ["attention", "rope", "writeRows"]) assert.equal(times(kind), 4);
  });

  it("gives runs in the order of the prompts, whatever their lengths and however many are at work", async () => {
    const { model } = await open();
    const lengths: number[] = [];
    for await (const run of model.runAll(PROMPTS, { atOnce: 2, chunkSize: 3 })) {
      lengths.push(run.record.tokens.length);
      run.dispose();
    }
    assert.deepEqual(
      lengths,
      PROMPTS.map((prompt) => model.tokenizer.encode(prompt).length),
    );
    assert.deepEqual(await model.runAll([]).all(), []);
  });

  it("leaves nothing behind where the loop is left, or a signal ends it", async () => {
    const { model, backend } = await open();
    for (const run of await model.runAll(PROMPTS, { atOnce: 2 }).all()) run.dispose();
    model.freeIdle();
    const before = backend.memory;
    for await (const run of model.runAll(PROMPTS, { atOnce: 2 })) {
      run.dispose();
      break;
    }
    const aborted = model.runAll(PROMPTS, { signal: AbortSignal.abort() }).all();
    await assert.rejects(aborted, { code: "ERR_ABORTED" });
    model.freeIdle();
    assert.deepEqual(backend.memory, before);
    const run = await model.run("The");
    run.dispose();
  });

  it("refuses what is no list of prompts", async () => {
    const { model } = await open();
    assert.throws(() => model.runAll("The" as never), { code: "ERR_PROMPT" });
    assert.throws(() => model.runAll(PROMPTS, { atOnce: 0 }), { code: "ERR_OPTION" });
  });
});

describe("Model.generateAll", () => {
  it("decodes all texts in the same steps", async () => {
    const { model } = await open();
    const options = { maxTokens: 4, temperature: 0, ignoreEos: true };
    const one = await executed(async () => {
      const generation = model.generate(PROMPTS[0] as string, options);
      for await (const _ of generation);
      generation.run.dispose();
    });
    const four = await executed(async () => {
      const all = await model.generateAll(PROMPTS, options).all();
      for (const { run } of all) run.dispose();
    });
    assert.equal(four.calls.get("matmul"), one.calls.get("matmul"));
  });

  it("gives each text the seed of its own where seeds are given", async () => {
    const { model } = await open();
    const seeds = [5, 99, 5];
    const options = { temperature: 1.3, maxTokens: 8 };
    const prompts = ["And God", "And God", "And God"];
    const texts = await model.generateAll(prompts, { ...options, seeds }).all();
    for (const [i, seed] of seeds.entries()) {
      const alone = model.generate("And God", { ...options, seed });
      for await (const _ of alone);
      assert.equal(texts[i]?.text, alone.text);
      alone.run.dispose();
    }
    assert.notEqual(texts[0]?.text, texts[1]?.text);
    for (const text of texts) text.run.dispose();
    for (const wrong of [[1, 2], [1, 2, -1], 5])
      assert.throws(() => model.generateAll(prompts, { seeds: wrong as never }), {
        code: "ERR_OPTION",
        message: /^seeds: expected a whole number from 0 to 2\^53 - 1 for each of 3 prompts/,
      });
  });

  it("ends each text by its own stop strings, and has its run", async () => {
    const { model } = await open();
    const options = { maxTokens: 12, temperature: 1, stop: ["e"], seed: 5 };
    const together = await model.generateAll(PROMPTS, { ...options, atOnce: 3 }).all();
    for (const [i, prompt] of PROMPTS.entries()) {
      const alone = model.generate(prompt, { ...options, seed: 5 + i });
      for await (const _ of alone);
      const { text, finishReason, run } = together[i] as Generation;
      assert.equal(text, alone.text);
      assert.equal(finishReason, alone.finishReason);
      run.dispose();
      alone.run.dispose();
    }
  });

  it("ends all texts where the loop is left, and leaves their runs", async () => {
    const { model } = await open();
    const batch = model.generateAll(PROMPTS, { maxTokens: 50, ignoreEos: true });
    let count = 0;
    for await (const { prompt } of batch) {
      assert.ok(prompt >= 0 && prompt < PROMPTS.length);
      count += 1;
      if (count === 9) break;
    }
    for (const { finishReason, run } of batch.generations) {
      assert.equal(finishReason, "aborted");
      run.dispose();
    }
    await assert.rejects(batch.all(), { code: "ERR_CONSUMED" });
  });

  it("ends all texts with the signal, and frees what they had while they grew", async () => {
    const { model, backend } = await open();
    model.freeIdle();
    const before = backend.memory;
    const controller = new AbortController();
    const { signal } = controller;
    const batch = model.generateAll(PROMPTS, { maxTokens: 50, ignoreEos: true, signal });
    let count = 0;
    for await (const _ of batch) if (++count === 6) controller.abort();
    for (const { finishReason, run } of batch.generations) {
      assert.equal(finishReason, "aborted");
      run.dispose();
    }
    model.freeIdle();
    assert.deepEqual(backend.memory, before);
  });
});
