import assert from "node:assert/strict";
import { it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Model } from "../../engine/index.ts";
import { collectGarbage } from "../../kernel/session/collectGarbage.ts";
import { expected, fixtureFolder, openModel } from "./openModel.ts";

/** Waits until garbage collection has brought the device back to what it held before. */
async function settlesAt(model: Model, tensors: number): Promise<boolean> {
  for (let i = 0; i < 100; i++) {
    collectGarbage();
    await sleep(20);
    if (model.deviceMemory().tensors === tensors) return true;
  }
  return false;
}

const { ids } = expected("llama3");

it("a run that is forgotten frees its device tensors", async () => {
  const { model } = await openModel("cpu", fixtureFolder("llama3"));
  const { tensors } = model.deviceMemory();
  await (async () => {
    const run = await model.run(ids, { capture: "blocks.*.hook_resid_post" });
    assert.ok(model.deviceMemory().tensors > tensors, String(run));
  })();
  assert.ok(await settlesAt(model, tensors), `${model.deviceMemory().tensors} tensors are left`);
  model.dispose();
});

it("a generation that is begun and forgotten frees its device tensors", async () => {
  const { model } = await openModel("cpu", fixtureFolder("llama3"));
  const { tensors } = model.deviceMemory();
  await (async () => {
    const generation = model.generate(ids, { maxTokens: 50, temperature: 1, seed: 3 });
    await generation[Symbol.asyncIterator]().next();
    assert.ok(model.deviceMemory().tensors > tensors);
  })();
  assert.ok(await settlesAt(model, tensors), `${model.deviceMemory().tensors} tensors are left`);
  model.dispose();
});
