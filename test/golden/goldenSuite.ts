import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Backend, BackendName } from "../../engine/backend/backend.ts";
import { Execution } from "../../engine/execute/execution.ts";
import type { Model } from "../../engine/index.ts";
import { attentionForm } from "../../engine/plan/attentionForm.ts";
import { concatenate } from "../../engine/tensor/concatenate.ts";
import type { HostArray } from "../../engine/tensor/tensor.ts";
import { hasMla } from "../fixtures/layers.ts";
import { assertClose, assertSameBits, firstDivergingSite } from "./compare.ts";
import { expected, FIXTURES, fixtureFolder, openDevice, openModel } from "./openModel.ts";

interface Opened {
  readonly model: Model;
  readonly backend: Backend;
  /** With the weights alone. */
  readonly loaded: Backend["memory"];
}

/** What every backend must show on every reference model. */
export function goldenSuite(backendName: BackendName): void {
  for (const fixture of FIXTURES)
    describe(`${backendName}: ${fixture}`, () => suite(backendName, fixture));
}

/** Where the assertion fails, adds the first site at which the same chunks leave float64, and how far. */
async function orWhereItLeaves(
  backendName: BackendName,
  fixture: string,
  chunkSize: number,
  assertion: () => void,
): Promise<void> {
  try {
    assertion();
  } catch (error) {
    const options = { chunkSize, capture: "**" };
    const { ids } = expected(fixture);
    const runs = [backendName, "reference" as const].map(async (name) =>
      (await openModel(name, fixtureFolder(fixture))).model.run(ids, options),
    );
    const [run, inFloat64] = await Promise.all(runs);
    assert.ok(run && inFloat64);
    const left = (await firstDivergingSite(run, inFloat64)) ?? "none";
    assert.fail(`${(error as Error).message}. First site to leave float64: ${left}`);
  }
}

function suite(backendName: BackendName, fixture: string): void {
  const { ids, logits } = expected(fixture);
  const opened: Promise<Opened>[] = [];
  const open = () => {
    opened[0] ??= openModel(backendName, fixtureFolder(fixture)).then((pair) => {
      return { ...pair, loaded: { ...pair.backend.memory } };
    });
    return opened[0];
  };
  after(async () => (await opened[0])?.model.dispose());

  it("decodes token by token what transformers and its own prefill compute", async () => {
    const device = await openDevice(backendName, fixtureFolder(fixture));
    const [prompt, rest] = [ids.slice(0, 17), ids.slice(17)];
    const rows: HostArray[] = [];
    const options = {
      capacity: ids.length,
      nPrompt: prompt.length,
      rows: ids.length,
      capture: new Set<string>(),
    };
    const execution = new Execution(device, options);
    const oneToken = attentionForm(device.spec, 1);
    rows.push(await execution.step(prompt, oneToken, "prefill"));
    for (const id of rest) rows.push(await execution.step([id], oneToken, "decode"));
    const whole = new Execution(device, options);
    const form = attentionForm(device.spec, Number.POSITIVE_INFINITY);
    const prefilled = await whole.step(ids, form, "prefill");
    const decoded = concatenate(rows);
    await orWhereItLeaves(backendName, fixture, 1, () => {
      assertClose(decoded, logits.data, 1e-4, "decoded against transformers");
      assertClose(decoded, prefilled, 1e-5, "decoded against prefilled");
    });
    if (hasMla(device.spec)) assert.notEqual(form, oneToken);
    device.backend.dispose();
  });

  // Token by token is the test above.
  it("gives the same logits within 1e-5 however the prompt is cut into chunks", async () => {
    const { model } = await open();
    const whole = await model.run(ids, { chunkSize: ids.length, logits: "all" });
    for (const chunkSize of [7, 17, 39]) {
      const cut = await model.run(ids, { chunkSize, logits: "all" });
      await orWhereItLeaves(backendName, fixture, chunkSize, () =>
        assertClose(cut.logits.data, whole.logits.data, 1e-5, `chunks of ${chunkSize}`),
      );
      cut.dispose();
    }
    whole.dispose();
  });

  it("gives the same bits again, and the same whether or not somebody looks", async () => {
    const { model } = await open();
    const first = await model.run(ids, { chunkSize: 17, logits: "all" });
    const second = await model.run(ids, { chunkSize: 17, logits: "all" });
    const watched = await model.run(ids, { chunkSize: 17, capture: "**" });
    assertSameBits(second.logits, first.logits, "second run");
    assertSameBits(watched.logits, first.logits, "captured run");
    const sites = first.sites().filter((site) => /^blocks\.1\./.test(site.name));
    assert.ok(sites.length >= 10, `${sites.length} sites of a block`);
    for (const { name, state } of sites) {
      const captured = await watched.get(name);
      assertSameBits(await first.get(name), captured, `${name} (${state})`);
    }
    for (const run of [first, second, watched]) run.dispose();
  });

  it("frees everything it allocated", async () => {
    const { model, backend, loaded } = await open(); // the last test: it disposes of the model that all have used
    model.freeIdle();
    assert.deepEqual(model.deviceMemory(), loaded, "what the tests before this one left");
    assert.ok(loaded.tensors > 0 && loaded.bytes > 0);
    const run = await model.run(ids, { capture: "blocks.*.hook_resid_post" });
    const kept = await model.run(ids.slice(0, 9));
    assert.ok(model.deviceMemory().tensors > loaded.tensors);
    run.dispose();
    kept.dispose();
    model.freeIdle();
    assert.deepEqual(model.deviceMemory(), loaded);
    await model.run(ids.slice(0, 5));
    model.dispose();
    assert.deepEqual({ ...backend.memory }, { tensors: 0, bytes: 0 });
  });
}
