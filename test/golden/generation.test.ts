import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Generation, Model } from "../../engine/index.ts";
import { until } from "../fixtures/until.ts";
import { openModel, tinyFolder } from "./openModel.ts";

const opened: Promise<Model>[] = [];
const open = () => {
  opened[0] ??= openModel("cpu", tinyFolder).then(({ model }) => model);
  return opened[0];
};
after(async () => (await opened[0])?.dispose());

const PROMPT = "And God said";

async function collect(generation: Generation) {
  const tokens = [];
  for await (const token of generation) tokens.push(token);
  return tokens;
}

/** Its run is there when the generation has ended and what it needed on the device is freed. */
function hasRun(generation: Generation): boolean {
  try {
    return generation.run !== null;
  } catch {
    return false;
  }
}

describe("Model.generate", () => {
  it("gives the same text for the same seed and another for another", async () => {
    const model = await open();
    const texts: string[] = [];
    for (const seed of [7, 7, 8]) {
      const generation = model.generate(PROMPT, { temperature: 1, maxTokens: 12, seed });
      await collect(generation);
      texts.push(generation.text);
      generation.run.dispose();
    }
    assert.equal(texts[0], texts[1]);
    assert.notEqual(texts[0], texts[2]);
  });

  it("takes its defaults from generation_config.json", async () => {
    const { maxTokens, temperature, topK, topP, minP, repetitionPenalty, seed } = (await open())
      .generationDefaults;
    const defaults = { maxTokens, temperature, topK, topP, minP, repetitionPenalty, seed };
    assert.deepEqual(defaults, {
      maxTokens: 256,
      temperature: 0.7,
      topK: 0,
      topP: 0.95,
      minP: 0,
      repetitionPenalty: 1,
      seed: 0,
    });
  });

  it("streams pieces that join to the text, at the positions behind the prompt", async () => {
    const model = await open();
    const generation = model.generate(PROMPT, { temperature: 0, maxTokens: 10 });
    const tokens = await collect(generation);
    const nPrompt = model.tokenizer.encode(PROMPT).length;
    assert.equal(tokens.map(({ text }) => text).join(""), generation.text);
    assert.deepEqual(
      tokens.map(({ index }) => index),
      tokens.map((_, i) => nPrompt + i),
    );
    assert.equal(generation.text, model.tokenizer.decode(tokens.map(({ id }) => id)));
    assert.ok(tokens.every(({ durationMs, logprob }) => durationMs > 0 && logprob <= 0));
    generation.run.dispose();
  });

  it("ends with length after maxTokens and covers every token with its run", async () => {
    const model = await open();
    const generation = model.generate(PROMPT, { temperature: 0, maxTokens: 5 });
    const tokens = await collect(generation);
    assert.equal(generation.finishReason, "length");
    assert.equal(tokens.length, 5);
    const { run } = generation;
    const generated = run.tokens.filter(({ phase }) => phase === "generated");
    assert.deepEqual(
      generated.map(({ id }) => id),
      tokens.map(({ id }) => id),
    );
    generated.forEach(({ logprob }, i) => {
      assert.ok(Math.abs((logprob as number) - (tokens[i]?.logprob as number)) < 1e-5);
    });
    assert.deepEqual(run.logitRows, [run.tokens.length - 1]);
    assert.deepEqual(run.logits.shape, [1, model.spec.nVocab]);
    const pattern = await run.get("blocks.3.attn.hook_pattern", { head: 0, query: -1 });
    assert.ok(Math.abs([...pattern.data].reduce((a, b) => a + b) - 1) < 1e-5);
    assert.equal((await run.routing()).nTokens, run.tokens.length);
    assert.equal((await run.get("blocks.2.hook_mlp_out")).shape[0], run.tokens.length);
    assert.ok((run.cost().decodeMs as number) > 0);
    run.dispose();
  });

  it("goes on behind end tokens if told to", async () => {
    const model = await open();
    const question = "<｜User｜>7+5-3+8=?<｜Assistant｜>";
    const options = { temperature: 0, maxTokens: 30, ignoreEos: true };
    const generation = model.generate(question, options);
    assert.equal((await collect(generation)).length, 30);
    assert.equal(generation.finishReason, "length");
    assert.ok(generation.run.tokens.some(({ id, special }) => id === 1 && special));
    generation.run.dispose();
  });

  it("keeps no more than its tokens need, however many were allowed", async () => {
    const model = await open();
    model.freeIdle();
    const before = model.deviceMemory().bytes;
    const size = async (maxTokens: number) => {
      const generation = model.generate("<｜User｜>7+5-3+8=?<｜Assistant｜>", {
        temperature: 0,
        maxTokens,
      });
      await collect(generation);
      model.freeIdle();
      const { bytes } = model.deviceMemory();
      generation.run.dispose();
      return bytes - before;
    };
    assert.equal(await size(400), await size(24));
  });

  it("stops before a stop string, wherever tokens cut it", async () => {
    const model = await open();
    const question = "<｜User｜>7+5-3+8=?<｜Assistant｜>";
    const generation = model.generate(question, { temperature: 0, stop: ["2\n12-", "never"] });
    const tokens = await collect(generation);
    assert.equal(generation.text, "<think>7+5=1");
    assert.equal(tokens.map(({ text }) => text).join(""), generation.text);
    assert.equal(generation.finishReason, "stop");
    generation.run.dispose();
  });

  it("takes a conversation and writes it as the chat template does", async () => {
    const model = await open();
    const chat = [{ role: "user", content: "7+5-3+8=?" }];
    assert.equal(
      model.chatPrompt(chat).replace("<｜begin▁of▁sentence｜>", ""),
      "<｜User｜>7+5-3+8=?<｜Assistant｜>",
    );
    const generation = model.generate(chat, { temperature: 0 });
    await collect(generation);
    assert.match(generation.text, /<\/think>17$/);
    generation.run.dispose();
  });

  it("lets timers run between tokens", async () => {
    const model = await open();
    const generation = model.generate(PROMPT, { temperature: 0, maxTokens: 20 });
    // What runs in every turn of the event loop: a turn runs all timers that are due.
    let turns = 0;
    let looping = setImmediate(function again() {
      turns += 1;
      looping = setImmediate(again);
    });
    const seen: number[] = [];
    for await (const _ of generation) seen.push(turns);
    clearImmediate(looping);
    assert.equal(seen.length, 20);
    for (const [i, turn] of seen.entries())
      assert.ok(i === 0 || turn > (seen[i - 1] as number), `a turn between tokens: ${seen}`);
    generation.run.dispose();
  });

  it("leaves the model usable and nothing on the device when the loop is left early", async () => {
    const model = await open();
    model.freeIdle();
    const before = model.deviceMemory();
    const generation = model.generate(PROMPT, { temperature: 0, maxTokens: 50 });
    for await (const token of generation) if (token.index > 5) break;
    assert.equal(generation.finishReason, "aborted");
    generation.run.dispose();
    const failing = model.generate(PROMPT, { temperature: 0, maxTokens: 50 });
    await assert.rejects(async () => {
      for await (const _ of failing) throw new Error("the cell failed");
    }, /the cell failed/);
    failing.run.dispose();
    model.freeIdle();
    assert.deepEqual(model.deviceMemory(), before);
    (await model.run(PROMPT)).dispose();
  });

  it("ends as aborted when the signal fires, also if nobody asks for the next token", async () => {
    const model = await open();
    model.freeIdle();
    const before = model.deviceMemory();
    const controller = new AbortController();
    const options = { temperature: 0, maxTokens: 200, signal: controller.signal };
    const generation = model.generate(PROMPT, options);
    let count = 0;
    for await (const _ of generation) if (++count === 4) controller.abort();
    assert.equal(generation.finishReason, "aborted");
    assert.equal(count, 4);
    generation.run.dispose();

    const second = new AbortController();
    const left = model.generate(PROMPT, { ...options, signal: second.signal });
    await left[Symbol.asyncIterator]().next();
    second.abort();
    await until("a run of what was generated", () => hasRun(left));
    assert.equal(left.finishReason, "aborted");
    left.run.dispose();
    model.freeIdle();
    assert.deepEqual(model.deviceMemory(), before);
  });

  it("listens to the signal of the process it runs in", async () => {
    const model = await open();
    const controller = new AbortController();
    const key = Symbol.for("vitrine.kernelHost");
    const scope = globalThis as Record<symbol, unknown>;
    scope[key] = { interruptSignal: controller.signal };
    try {
      const generation = model.generate(PROMPT, { temperature: 0, maxTokens: 100 });
      let count = 0;
      for await (const _ of generation) if (++count === 3) controller.abort();
      assert.equal(count, 3);
      assert.equal(generation.finishReason, "aborted");
      generation.run.dispose();
    } finally {
      delete scope[key];
    }
  });

  it("ends where the context ends, and refuses a prompt that leaves no room", async () => {
    const model = await open();
    const ids = Array.from({ length: 510 }, (_, i) => 20 + (i % 40));
    const options = { temperature: 0, maxTokens: 50, ignoreEos: true };
    const generation = model.generate(ids, options);
    const tokens = await collect(generation);
    assert.deepEqual([tokens.length, generation.run.tokens.length], [2, 512]);
    assert.equal(generation.finishReason, "length");
    generation.run.dispose();
    assert.throws(() => model.generate([...ids, 5, 5]), { code: "ERR_PROMPT_TOO_LONG" });
  });

  it("refuses wrong options, a second iteration, and its run before the end", async () => {
    const model = await open();
    assert.throws(() => model.generate(PROMPT, { maxTokens: 0 }), { code: "ERR_OPTION" });
    for (const stop of ["the", [""], [3], {}] as unknown as string[][])
      assert.throws(() => model.generate(PROMPT, { stop }), { code: "ERR_OPTION" });
    assert.throws(() => model.generate(PROMPT, { temperature: -1 }), { code: "ERR_SAMPLING" });
    const generation = model.generate(PROMPT, { maxTokens: 1 });
    assert.throws(() => generation.run, { code: "ERR_NOT_FINISHED" });
    await collect(generation);
    await assert.rejects(collect(generation), { code: "ERR_CONSUMED" });
    generation.run.dispose();
  });
});
