import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type Generation, loadModel, type Model } from "../../engine/index.node.ts";
import { collectGarbage } from "../../kernel/session/collectGarbage.ts";
import { fakeHub } from "../fixtures/fakeHub.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { fixtureFolder, tinyFolder } from "./openModel.ts";

const HOST = Symbol.for("vitrine.kernelHost");
const PROMPT = [5, 71, 5];

const count = (signal: AbortSignal) => getEventListeners(signal, "abort").length;

/** The signal of a cell that runs: what `interruptSignal` of the kernel is while the test lasts. */
function interruptSignal(t: TestContext): AbortSignal {
  const { signal } = new AbortController();
  const globals = globalThis as { [HOST]?: unknown };
  const before = globals[HOST];
  globals[HOST] = { interruptSignal: signal };
  t.after(() => {
    globals[HOST] = before;
  });
  return signal;
}

async function open(t: TestContext, folder = fixtureFolder("llama3")): Promise<Model> {
  const model = await loadModel(folder, { backend: "cpu" });
  t.after(() => model.dispose());
  return model;
}

async function drain(generation: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of generation);
}

/** Takes the first token. */
async function begin(generation: Generation, signal: AbortSignal) {
  assert.equal(count(signal), 0);
  const stream = generation[Symbol.asyncIterator]();
  assert.equal(count(signal), 0, "a stream that nobody asked for anything does not listen");
  await stream.next();
  assert.equal(count(signal), 1, "while it goes on it hears the signal");
  return stream;
}

describe("no listener is left on a signal", () => {
  it("by generations that ended by themselves, however many a cell has", async (t) => {
    const model = await open(t);
    const interrupt = interruptSignal(t);
    for (let i = 0; i < 12; i++) {
      const generation = model.generate(PROMPT, { maxTokens: 3 });
      const stream = await begin(generation, interrupt);
      while ((await stream.next()).done !== true);
      assert.equal(generation.finishReason, "length");
      assert.equal(count(interrupt), 0);
    }
  });

  it("by one that the loop left early, that failed, or that was never asked for a token", async (t) => {
    const model = await open(t);
    const interrupt = interruptSignal(t);
    const left = model.generate(PROMPT, { maxTokens: 30 });
    await (await begin(left, interrupt)).return();
    assert.equal(left.finishReason, "aborted");
    assert.equal(count(interrupt), 0);

    await model.generate(PROMPT)[Symbol.asyncIterator]().return();
    assert.equal(count(interrupt), 0);

    const failing = model.generate(PROMPT, { maxTokens: 30 });
    const stream = await begin(failing, interrupt);
    model.dispose();
    await assert.rejects(drain({ [Symbol.asyncIterator]: () => stream }), { code: "ERR_DISPOSED" });
    assert.equal(failing.finishReason, "failed");
    assert.equal(count(interrupt), 0);
  });

  it("by one that was aborted, by the caller's signal too", async (t) => {
    const model = await open(t);
    const controller = new AbortController();
    const { signal } = controller;
    const generation = model.generate(PROMPT, { maxTokens: 30, signal });
    const stream = await begin(generation, signal);
    controller.abort();
    while ((await stream.next()).done !== true);
    assert.equal(generation.finishReason, "aborted");
    assert.equal(count(signal), 0);
    await drain(model.generate(PROMPT, { maxTokens: 30, signal }));
    assert.equal(count(signal), 0);
  });

  it("by one that was begun and forgotten", async (t) => {
    const model = await open(t);
    const interrupt = interruptSignal(t);
    await (async () => {
      await begin(model.generate(PROMPT, { maxTokens: 30 }), interrupt);
    })();
    for (let turns = 0; turns < 50 && count(interrupt) > 0; turns++) {
      collectGarbage();
      await turn();
    }
    assert.equal(count(interrupt), 0);
  });

  it("by chats and runs, and by drafts", async (t) => {
    const model = await open(t, tinyFolder);
    const interrupt = interruptSignal(t);
    const { signal } = new AbortController();
    const messages = [{ role: "user", content: "7+5=?" }];
    for (let i = 0; i < 12; i++) {
      const given = i % 2 === 0 ? {} : { signal };
      const chat = model.chat(messages, { maxTokens: 3, speculate: "mtp", ...given });
      await drain(chat);
      assert.notEqual(chat.finishReason, null);
      (await model.run(PROMPT, given)).dispose();
      assert.deepEqual([count(interrupt), count(signal)], [0, 0]);
    }
  });

  it("by loads and downloads", async (t) => {
    const { signal } = new AbortController();
    const files: Record<string, Buffer> = {};
    for (const name of ["config.json", "model.safetensors"])
      files[name] = await readFile(join(fixtureFolder("qwen2"), name));
    const hub = await fakeHub(t, "someone/tiny-qwen2", files);
    const before = { HF_HOME: process.env.HF_HOME, HF_ENDPOINT: process.env.HF_ENDPOINT };
    Object.assign(process.env, { HF_HOME: await temporaryFolder(t), HF_ENDPOINT: hub.url });
    t.after(() => {
      for (const [name, value] of Object.entries(before))
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
    });
    for (const _ of ["downloaded", "found in the cache"]) {
      const model = await loadModel("someone/tiny-qwen2", { backend: "cpu", signal });
      model.dispose();
      assert.equal(count(signal), 0);
    }
    await assert.rejects(loadModel("someone/else", { backend: "cpu", signal }));
    assert.equal(count(signal), 0);
  });
});
