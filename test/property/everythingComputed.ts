import type { Backend } from "../../engine/backend/backend.ts";
import { Execution } from "../../engine/execute/execution.ts";
import { ModelDevice } from "../../engine/execute/modelDevice.ts";
import { loadWeights } from "../../engine/model/loadWeights.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { uniformForm } from "../../engine/plan/attentionForm.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import type { AttentionForm } from "../../engine/plan/plan.ts";
import { siteCatalog } from "../../engine/plan/sites/siteCatalog.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { expected, fixtureFolder } from "../golden/openModel.ts";

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
  execution.finish(ids);
  for (const name of execution.storage.names()) {
    const tensor = execution.storage.get(name);
    if (tensor) keep(name, await device.backend.read(tensor));
  }
  execution.dispose();
  return found;
}

/** Every value of every pass over a fixture, by name and as bytes, on a backend that is gone afterwards. */
export async function everythingComputed(
  fixture: string,
  backend: Backend,
): Promise<Map<string, string>[]> {
  const { ids } = expected(fixture);
  const checkpoint = await openCheckpoint(fixtureFolder(fixture));
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
