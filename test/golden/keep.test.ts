import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Backend } from "../../engine/backend/backend.ts";
import { Execution } from "../../engine/execute/execution.ts";
import { type GenerateOptions, InputError, type Keep, type Model } from "../../engine/index.ts";
import { attentionForm } from "../../engine/plan/attentionForm.ts";
import { Tensor } from "../../engine/tensor/tensor.ts";
import { assertSameBits } from "./compare.ts";
import { expected, fixtureFolder, openDevice, openModel, tinyFolder } from "./openModel.ts";

const KEEPS: readonly Keep[] = ["nothing", "routes", "attention", "all"];

const opened = new Map<string, Promise<{ model: Model; backend: Backend }>>();
function open(fixture: string, backend: "cpu" | "reference" | "webgpu" = "cpu") {
  const key = `${backend} ${fixture}`;
  const folder = fixture === "tiny" ? tinyFolder : fixtureFolder(fixture);
  const pair = opened.get(key) ?? openModel(backend, folder);
  opened.set(key, pair);
  return pair;
}
after(async () => {
  for (const pair of opened.values()) (await pair).model.dispose();
});

const states = (sites: { name: string; state: string }[], name: string) =>
  sites.find((site) => site.name === name)?.state;

describe("what a run keeps", () => {
  for (const [backend, fixture] of [
    ["cpu", "llama3"],
    ["cpu", "deepseek_v3"],
    ["cpu", "deepseek_v32"],
    ["cpu", "qwen3_moe"],
    ["reference", "deepseek_v3"],
    ["webgpu", "deepseek_v3"],
  ] as const)
    it(`changes no bit of anything that it is asked: ${fixture} on ${backend}`, async () => {
      const { model } = await open(fixture, backend);
      const { ids } = expected(fixture);
      const all = await model.run(ids, { chunkSize: 17, keep: "all" });
      const names = all.sites().map(({ name }) => name);
      for (const { name, state } of all.sites()) assert.notEqual(state, "replayed", name);
      for (const keep of KEEPS.slice(0, 3)) {
        const run = await model.run(ids, { chunkSize: 17, keep });
        assert.deepEqual(
          run.tokens.map(({ logprob }) => logprob),
          all.tokens.map(({ logprob }) => logprob),
        );
        const sites = names.filter((name) => !name.startsWith("blocks.0."));
        for (const name of sites) assertSameBits(await run.get(name), await all.get(name), name);
        assert.deepEqual(await run.routing(), await all.routing());
        run.dispose();
      }
      all.dispose();
    });

  it("is what its sites say", async () => {
    const { model } = await open("deepseek_v3");
    const { ids } = expected("deepseek_v3");
    const of = {
      cache: "blocks.1.attn.hook_kv_latent",
      routes: "blocks.1.mlp.hook_expert_indices",
      queries: "blocks.1.attn.hook_q_latent",
      rotated: "blocks.1.attn.hook_rot_q",
      pattern: "blocks.1.attn.hook_pattern",
      stream: "blocks.1.hook_resid_mid",
    };
    const wanted: Record<Keep, string[]> = {
      nothing: ["kept", "replayed", "replayed", "replayed", "replayed", "replayed"],
      routes: ["kept", "kept", "replayed", "replayed", "replayed", "replayed"],
      attention: ["kept", "kept", "kept", "recomputed", "recomputed", "replayed"],
      all: ["kept", "kept", "kept", "recomputed", "recomputed", "captured"],
    };
    for (const keep of KEEPS) {
      const run = await model.run(ids, { keep });
      const told = Object.values(of).map((name) => states(run.sites(), name));
      assert.deepEqual(told, wanted[keep], keep);
      run.dispose();
    }
    const run = await model.run(ids, { keep: "routes", capture: of.queries });
    assert.equal(states(run.sites(), of.queries), "captured");
    assert.equal(states(run.sites(), of.rotated), "recomputed");
    run.dispose();
  });

  it("of compressed queries rebuilds the rotated ones with the bits that attention read", async () => {
    for (const fixture of ["deepseek_v3", "deepseek_v32", "glm4_moe_lite"]) {
      const device = await openDevice("cpu", fixtureFolder(fixture));
      const { ids } = expected(fixture);
      const value = "blocks.1.attn.hook_rot_q";
      const sizes = { capacity: ids.length, nPrompt: ids.length, rows: ids.length };
      const execution = new Execution(device, { ...sizes, capture: new Set([value]) });
      await execution.step(ids, attentionForm(device.spec, ids.length), "prefill");
      execution.finish(ids);
      const tensor = execution.storage.get(value);
      assert.ok(tensor);
      const read = new Tensor(await device.backend.read(tensor), tensor.shape, ["T", "H", "D"]);
      const { model } = await open(fixture);
      const run = await model.run(ids);
      assertSameBits(await run.get(value), read, fixture);
      assertSameBits(await run.get(value, { token: [3, 5] }), sliced(read, 3, 5), "two tokens");
      run.dispose();
      device.backend.dispose();
    }
  });

  it("brings the attention of all layers with the first that is looked at", async () => {
    const { model, backend } = await open("llama3");
    const { ids } = expected("llama3");
    const run = await model.run(ids, { keep: "routes" });
    const { execute } = backend;
    let executed = 0;
    backend.execute = function (this: typeof backend, program, step) {
      if (program.some(({ kind }) => kind === "embed")) executed += 1;
      execute.call(this, program, step);
    };
    const layers = [...Array(model.spec.nLayers).keys()];
    await Promise.all(layers.map((layer) => run.attentionTile({ layer, head: 1 })));
    assert.equal(executed, 1, "one replay");
    backend.execute = execute;
    run.dispose();
    await assert.rejects(run.attentionTile({ layer: 0, head: 1 }), { code: "ERR_DISPOSED" });
    await assert.rejects(run.get("hook_logits"), { code: "ERR_DISPOSED" });
  });

  it("decides whether its cost is known", async () => {
    const { ids } = expected("deepseek_v3");
    const { model } = await open("deepseek_v3");
    const run = await model.run(ids, { keep: "nothing" });
    assert.throws(() => run.cost(), { code: "ERR_NOT_KEPT" });
    assert.match(String(run), /prompt tokens in/);
    const dense = await (await open("llama3")).model.run(ids, { keep: "nothing" });
    assert.equal(dense.cost().tokens.length, ids.length);
    for (const one of [run, dense]) one.dispose();
  });
});

function sliced(tensor: Tensor, start: number, end: number): Tensor {
  const size = tensor.data.length / (tensor.shape[0] as number);
  const data = tensor.data.slice(start * size, end * size);
  return new Tensor(data, [end - start, ...tensor.shape.slice(1)], tensor.dims);
}

describe("what a generation keeps", () => {
  const generate = async (options: GenerateOptions) => {
    const { model } = await open("tiny");
    const more = { maxTokens: 8, ignoreEos: true, temperature: 0 };
    const generation = model.generate([5, 6, 7], { ...more, ...options });
    for await (const _ of generation);
    return generation;
  };

  for (const options of [{}, { speculate: "mtp", draftTokens: 2 }] as GenerateOptions[])
    it(`is its routes, unless told otherwise, and changes no token: ${JSON.stringify(options)}`, async () => {
      const attention = await generate({ ...options, keep: "attention" });
      const pattern = await attention.run.get("blocks.2.attn.hook_pattern");
      for (const keep of [undefined, "routes", "nothing"] as const) {
        const { run, text } = await generate({ ...options, ...(keep && { keep }) });
        assert.equal(text, attention.text);
        assert.deepEqual(run.tokens, attention.run.tokens);
        const isKept = keep === "nothing" ? "replayed" : "kept";
        assert.equal(states(run.sites(), "blocks.2.mlp.hook_expert_indices"), isKept);
        assert.equal(states(run.sites(), "blocks.2.attn.hook_pattern"), "replayed");
        assertSameBits(await run.get("blocks.2.attn.hook_pattern"), pattern, "pattern");
        assert.deepEqual(await run.routing(), await attention.run.routing());
        run.dispose();
      }
      attention.run.dispose();
    });
});

describe("model.estimate", () => {
  for (const [backend, fixture] of [
    ["cpu", "llama3"],
    ["cpu", "deepseek_v3"],
    ["reference", "deepseek_v32"],
    ["webgpu", "qwen3_moe"],
  ] as const)
    it(`tells what the device then holds: ${fixture} on ${backend}`, async () => {
      const { model } = await open(fixture, backend);
      const { ids } = expected(fixture);
      for (const keep of KEEPS)
        for (const more of [{}, { capture: "blocks.*.hook_*" }, { chunkSize: 9 }]) {
          const options = { keep, ...more };
          const told = model.estimate(ids, options);
          model.freeIdle();
          const before = model.deviceMemory().bytes;
          const run = await model.run(ids, options);
          const during = model.deviceMemory().bytes;
          model.freeIdle();
          const held = model.deviceMemory().bytes;
          assert.equal(held - before, told.totalBytes - told.logitsBytes, JSON.stringify(options));
          assert.equal(during - held, told.workingBytes, JSON.stringify(options));
          assert.equal(told.logitsBytes, run.logits.data.byteLength);
          assert.equal(told.tokens, ids.length);
          const { cost } = { cost: keep === "nothing" ? null : run.cost() };
          const flops = cost?.tokens.reduce((sum, token) => sum + token.flops, 0) ?? told.flops;
          assert.ok(Math.abs(told.flops - flops) <= 1e-9 * flops, `${told.flops} ${flops}`);
          run.dispose();
        }
    });

  it("tells of a generation that uses all tokens it may", async () => {
    const { model } = await open("tiny");
    const told = model.estimate([5, 6, 7], { maxTokens: 20 });
    const shared = { ignoreEos: true, temperature: 0, maxTokens: 20 };
    model.freeIdle();
    const before = model.deviceMemory().bytes;
    const generation = model.generate([5, 6, 7], shared);
    for await (const _ of generation);
    const during = model.deviceMemory().bytes;
    model.freeIdle();
    const held = model.deviceMemory().bytes;
    assert.equal(held - before, told.totalBytes - told.logitsBytes);
    assert.equal(during - held, told.workingBytes);
    assert.equal(told.tokens, 23);
    generation.run.dispose();
  });

  it("is what the budget is held against, before anything runs", async () => {
    const { model } = await open("deepseek_v3");
    const { ids } = expected("deepseek_v3");
    const [attention, routes] = [model.estimate(ids), model.estimate(ids, { keep: "routes" })];
    model.freeIdle();
    const before = model.deviceMemory();
    const refused =
      (...parts: string[]) =>
      (error: Error) =>
        error instanceof InputError &&
        error.code === "ERR_BUDGET" &&
        parts.every((part) => error.message.includes(part));
    await assert.rejects(
      model.run(ids, { budget: attention.totalBytes - 1 }),
      refused(
        ...[`at most ${attention.totalBytes - 1} bytes`, `got ${attention.totalBytes}`],
        ...[`keep: "routes" (${routes.totalBytes} bytes)`, "larger budget"],
      ),
    );
    (await model.run(ids, { budget: attention.totalBytes })).dispose();
    (await model.run(ids, { budget: routes.totalBytes, keep: "routes" })).dispose();
    await assert.rejects(model.run(ids, { budget: 100 }), refused("shorten the text"));
    assert.throws(() => model.generate(ids, { maxTokens: 9, budget: 100 }), refused("generate"));
    for (const budget of [0, Number.NaN, "1"])
      await assert.rejects(model.run(ids, { budget: budget as number }), { code: "ERR_OPTION" });
    await assert.rejects(model.run(ids, { keep: "some" as Keep }), { code: "ERR_OPTION" });
    model.freeIdle();
    assert.deepEqual(model.deviceMemory(), before);
  });
});
