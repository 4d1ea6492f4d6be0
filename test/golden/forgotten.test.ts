import assert from "node:assert/strict";
import { it } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Model } from "../../engine/index.ts";
import { collectGarbage } from "../../kernel/session/collectGarbage.ts";
import { expected, fixtureFolder, openModel } from "./openModel.ts";

/**
 * Has all garbage collected until the device is back at what it held before.
 * Turns are counted and not time: a collection is over when it returns, and has then put the callbacks of what it found into
 * the event loop's queue, which the turn after it runs. A few turns are enough, since what was awaited may be held by the
 * turn that awaited it; what is still there after as many as these is held for good.
 */
async function settlesAt(model: Model, tensors: number): Promise<boolean> {
  for (let turns = 0; turns < 50; turns++) {
    model.freeIdle();
    if (model.deviceMemory().tensors === tensors) return true;
    collectGarbage();
    await turn();
  }
  return false;
}

const { ids } = expected("llama3");

it("a run that is forgotten frees its device tensors, and one that is held does not", async () => {
  const { model } = await openModel("cpu", fixtureFolder("llama3"));
  const { tensors } = model.deviceMemory();
  const held = await model.run(ids);
  model.freeIdle();
  const withHeld = model.deviceMemory().tensors;
  await (async () => {
    const run = await model.run(ids, { capture: "blocks.*.hook_resid_post" });
    assert.ok(model.deviceMemory().tensors > withHeld, String(run));
  })();
  assert.ok(await settlesAt(model, withHeld), `${model.deviceMemory().tensors} tensors are left`);
  assert.equal(await settlesAt(model, tensors), false, "somebody still has it");
  held.dispose();
  model.freeIdle();
  assert.equal(model.deviceMemory().tensors, tensors);
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

it("batches that are begun and forgotten free their device tensors", async () => {
  const { model } = await openModel("cpu", fixtureFolder("llama3"));
  const { tensors } = model.deviceMemory();
  await (async () => {
    const prompts = [ids, ids.slice(3), ids.slice(5)];
    const batch = model.generateAll(prompts, { maxTokens: 50, temperature: 1 });
    await batch[Symbol.asyncIterator]().next();
    await model.runAll(prompts)[Symbol.asyncIterator]().next();
    assert.ok(model.deviceMemory().tensors > tensors);
  })();
  assert.ok(await settlesAt(model, tensors), `${model.deviceMemory().tensors} tensors are left`);
  model.dispose();
});
