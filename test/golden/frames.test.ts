import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Operator } from "../../engine/backend/operators.ts";
import { createModel } from "../../engine/createModel.ts";
import { Plans } from "../../engine/execute/plans.ts";
import { createCpuBackend } from "../../engine/index.ts";
import { uniformForm } from "../../engine/plan/attentionForm.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { assertSameBits } from "./compare.ts";
import { expected, fixtureFolder, openDevice, openModel } from "./openModel.ts";

const { ids } = expected("llama3");

describe("what runs of a model share", () => {
  it("is bound once: the second run executes the very operators of the first", async () => {
    const { model, backend } = await openModel("cpu", fixtureFolder("llama3"));
    const executed: (readonly Operator[])[] = [];
    const { execute } = backend;
    backend.execute = function (this: typeof backend, program, step) {
      executed.push(program);
      execute.call(this, program, step);
    };
    const first = await model.run(ids.slice(0, 20));
    const second = await model.run(ids.slice(0, 31)); // rounded up, as large as the first
    assert.ok(executed.length === 2 && executed[0] === executed[1]);
    assertSameBits(
      await second.get("hook_logits", { token: 0 }),
      (await model.run(ids.slice(0, 1))).logits.row(0),
      "row 0",
    );
    first.dispose();
    model.dispose();
  });

  it("is bound once for every token too: its log probability comes from one and the same program", async () => {
    const { model, backend } = await openModel("cpu", fixtureFolder("llama3"));
    const executed: (readonly Operator[])[] = [];
    const { execute } = backend;
    backend.execute = function (this: typeof backend, program, step) {
      executed.push(program);
      execute.call(this, program, step);
    };
    const sampling = { maxTokens: 6, ignoreEos: true, temperature: 0 };
    for await (const _ of model.generate(ids.slice(0, 4), sampling));
    const alone = executed.filter(({ length }) => length === 1);
    assert.equal(alone.length, 6);
    assert.deepEqual(
      alone[0]?.map(({ kind }) => kind),
      ["tokenLogProbs"],
    );
    assert.equal(new Set(alone).size, 1);
    assert.equal(new Set(executed).size, 2); // of a step, and of the log probability
    model.dispose();
  });

  it("gives the bits of a model that ran nothing else, whatever ran before", async () => {
    const used = (await openModel("cpu", fixtureFolder("deepseek_v3"))).model;
    const prompts = [ids.slice(0, 12), ids.slice(3), ids.slice(5, 9)];
    for (const prompt of prompts) (await used.run(prompt, { capture: "**" })).dispose();
    for (const prompt of prompts) {
      const fresh = (await openModel("cpu", fixtureFolder("deepseek_v3"))).model;
      const [got, wanted] = [await used.run(prompt), await fresh.run(prompt)];
      for (const site of ["hook_logits", "blocks.1.attn.hook_pattern", "blocks.2.hook_resid_post"])
        assertSameBits(await got.get(site), await wanted.get(site), site);
      fresh.dispose();
    }
    used.dispose();
  });

  it("leaves no more on the device however many runs there were", async () => {
    const { model } = await openModel("cpu", fixtureFolder("llama3"));
    const after = async () => {
      (await model.run(ids.slice(0, 9))).dispose();
      return model.deviceMemory();
    };
    const first = await after();
    for (let i = 0; i < 5; i++) assert.deepEqual(await after(), first);
    model.freeIdle();
    assert.ok(model.deviceMemory().bytes < first.bytes);
    model.dispose();
  });

  it("keeps at most four sets of working buffers", async () => {
    const device = await openDevice("cpu", fixtureFolder("llama3"));
    const plan = device.plans.forward();
    const request = { kind: "forward", plan, nPrompt: 1, capacity: 64 } as const;
    const lent = [16, 32, 64, 64, 64, 64].map((rows) => device.frames.lend({ ...request, rows }));
    assert.equal(new Set(lent).size, 6, "one for each");
    for (const frame of lent) device.frames.giveBack(frame);
    const sizes = lent.map(({ bytes }) => bytes);
    assert.deepEqual(
      sizes.map((bytes) => bytes > 0),
      [false, false, true, true, true, true],
    );
    device.backend.dispose();
  });

  it("makes room where the device has none left", async () => {
    const checkpoint = await openCheckpoint(fixtureFolder("llama3"));
    const open = async (maxMemoryBytes: number) =>
      createModel(checkpoint, {
        tokenizer: null,
        backend: await createCpuBackend({ maxMemoryBytes }),
      });
    const roomy = await open(2 ** 30);
    const { bytes: loaded } = roomy.deviceMemory();
    const long = Array.from({ length: 500 }, (_, i) => i % 90);
    await roomy.run(long);
    const { bytes } = roomy.deviceMemory();
    roomy.dispose();
    const tight = await open(Math.ceil((bytes + 0.3 * (bytes - loaded)) / 65536) * 65536 + 2 ** 20);
    for (const length of [60, 120, 250, 500]) (await tight.run(long.slice(0, length))).dispose();
    tight.dispose();
    await checkpoint.close();
  });
});

it("a plan is compiled once for what is observed, and the oldest of many are forgotten", async () => {
  const { spec } = await openDevice("cpu", fixtureFolder("deepseek_v3"));
  const plans = new Plans(spec);
  const observed = new Set(["blocks.0.hook_attn_out"]);
  const absorbed = uniformForm(spec, "absorbed");
  const plan = plans.forward({ form: absorbed, observed });
  assert.equal(plans.forward({ observed: new Set(observed), form: absorbed }), plan);
  assert.notEqual(plans.forward({ form: uniformForm(spec, "expanded"), observed }), plan);
  assert.notEqual(plans.forward({ form: absorbed }), plan);
  for (let i = 0; i < 20; i++) plans.forward({ observed: new Set([`blocks.${i}.hook_mlp_out`]) });
  assert.notEqual(plans.forward({ form: absorbed, observed }), plan);
});
