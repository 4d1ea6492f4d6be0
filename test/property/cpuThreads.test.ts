import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Execution } from "../../engine/execute/execution.ts";
import { ModelDevice } from "../../engine/execute/modelDevice.ts";
import { loadWeights } from "../../engine/model/loadWeights.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { uniformForm } from "../../engine/plan/attentionForm.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import type { AttentionForm } from "../../engine/plan/plan.ts";
import { siteCatalog } from "../../engine/plan/sites/siteCatalog.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { openSplitBackend } from "../fixtures/splitAlways.ts";
import { expected, FIXTURES, fixtureFolder } from "../golden/openModel.ts";

/** Everything that a pass computes, by name and as bytes, in steps of so many tokens. */
async function forward(
  device: ModelDevice,
  ids: readonly number[],
  form: AttentionForm,
  stepLength: number,
): Promise<Map<string, string>> {
  const execution = new Execution(device, {
    capacity: ids.length,
    nPrompt: ids.length,
    rows: ids.length,
    capture: new Set(siteCatalog(device.spec).flatMap(({ needs }) => needs)),
  });
  const found = new Map<string, string>();
  const keep = (name: string, { buffer }: { readonly buffer: ArrayBufferLike }): void =>
    void found.set(name, Buffer.from(buffer).toString("hex"));
  for (let start = 0; start < ids.length; start += stepLength) {
    const step = ids.slice(start, start + stepLength);
    keep(`logits from ${start}`, await execution.step(step, form, "prefill"));
  }
  execution.finish();
  for (const name of execution.storage.names()) {
    const tensor = execution.storage.get(name);
    if (tensor) keep(name, await device.backend.read(tensor));
  }
  execution.dispose();
  return found;
}

/** Every value of every pass over a fixture, on so many threads. */
async function everything(fixture: string, threads: number): Promise<Map<string, string>[]> {
  const { ids } = expected(fixture);
  const checkpoint = await openCheckpoint(fixtureFolder(fixture));
  const backend = await openSplitBackend(threads);
  try {
    const spec = normalizeConfig(checkpoint.config);
    const { weights } = await loadWeights(checkpoint, compilePlan(spec), backend);
    const device = new ModelDevice({ backend, spec, weights, assertLive: () => undefined });
    const forms = new Set([uniformForm(spec, "absorbed"), uniformForm(spec, "expanded")]);
    const passes: Map<string, string>[] = [];
    for (const form of forms)
      for (const length of [ids.length, 1]) passes.push(await forward(device, ids, form, length));
    return passes;
  } finally {
    backend.dispose();
    await checkpoint.close();
  }
}

describe("a model has the same bits on 1, 2 and 8 threads, in steps of any length", () => {
  for (const fixture of FIXTURES)
    test(fixture, async () => {
      const wanted = await everything(fixture, 1);
      assert.ok(wanted.every(({ size }) => size > 10));
      for (const threads of [2, 8]) assert.deepEqual(await everything(fixture, threads), wanted);
    });
});
