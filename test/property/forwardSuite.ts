import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import { Execution } from "../../engine/execute/execution.ts";
import type { ModelDevice } from "../../engine/execute/modelDevice.ts";
import { uniformForm } from "../../engine/plan/attentionForm.ts";
import type { AttentionForm } from "../../engine/plan/plan.ts";
import { siteCatalog } from "../../engine/plan/sites/siteCatalog.ts";
import { concatenate } from "../../engine/tensor/concatenate.ts";
import type { HostArray } from "../../engine/tensor/tensor.ts";
import fc from "../fixtures/fastCheck.ts";
import { uniformForms } from "../fixtures/layers.ts";
import { assertClose } from "../golden/compare.ts";
import { fixtureFolder, openDevice, promptOf } from "../golden/openModel.ts";

interface Way {
  /** Lengths of the steps; what is left of the prompt is the last one. */
  readonly steps: readonly number[];
  /** One per step, taken in turn. */
  readonly forms: readonly AttentionForm[];
  readonly capture: readonly string[];
  /** Positions of the cache beyond the prompt. */
  readonly spare: number;
  /** Other sequences, each of which takes a token or two at the same time as every step. */
  readonly beside: readonly (readonly number[])[];
}

/** Logits and choices of one forward pass done in the given way. */
async function forward(device: ModelDevice, ids: readonly number[], way: Way) {
  const execution = new Execution(device, {
    capacity: ids.length + way.spare,
    nPrompt: ids.length,
    rows: ids.length,
    capture: new Set(way.capture),
  });
  const others = way.beside.map((other) => new OtherSequence(device, other));
  const rows: HostArray[] = [];
  const lengths = [...way.steps, ids.length];
  for (let i = 0, start = 0; start < ids.length; i++) {
    const end = Math.min(start + (lengths[i] ?? ids.length), ids.length);
    const form = way.forms[i % way.forms.length] ?? uniformForm(device.spec);
    const [before, after] = [others.filter((_, o) => o % 2 === 0), others.filter((_, o) => o % 2)];
    const [, own] = await Promise.all([
      Promise.all(before.map((other) => other.step(form))),
      execution.step(ids.slice(start, end), form, "prefill"),
      Promise.all(after.map((other) => other.step(form))),
    ]);
    rows.push(own);
    start = end;
  }
  execution.finish(ids);
  const choices: number[] = [];
  for (const name of execution.storage.names())
    if (/hook_(expert|topk)_indices$/.test(name)) {
      const tensor = execution.storage.get(name);
      if (tensor) choices.push(...(await device.backend.read(tensor)));
    }
  execution.dispose();
  for (const other of others) other.dispose();
  return { logits: concatenate(rows), choices };
}

/** A sequence that has nothing to do with the one that is looked at. */
class OtherSequence {
  readonly #ids: readonly number[];
  readonly #execution: Execution;

  constructor(device: ModelDevice, ids: readonly number[]) {
    this.#ids = ids;
    this.#execution = new Execution(device, {
      capacity: ids.length,
      nPrompt: 0,
      rows: 2,
      capture: new Set(),
    });
  }

  async step(form: AttentionForm): Promise<void> {
    const { position } = this.#execution;
    const next = this.#ids.slice(position, position + 2);
    if (next.length > 0) await this.#execution.step(next, form, "decode");
  }

  dispose(): void {
    this.#execution.dispose();
  }
}

const bytes = (data: HostArray) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

/** Of every fixture, on a backend, so many ways to do its forward pass give what one step gives. */
export function forwardSuite(
  backend: BackendName,
  fixtures: readonly string[],
  numRuns: number,
): void {
  for (const fixture of fixtures)
    describe(`${backend}: ${fixture}, whatever the steps, the captures, the room in the cache and the neighbours`, () => {
      suite(backend, fixture, numRuns);
    });
}

function suite(backendName: BackendName, fixture: string, numRuns: number): void {
  const ids = promptOf(fixture);
  const opened: Promise<ModelDevice>[] = [];
  const open = () => {
    opened[0] ??= openDevice(backendName, fixtureFolder(fixture));
    return opened[0];
  };
  after(async () => (await opened[0])?.backend.dispose());

  const ways = (device: ModelDevice, forms: fc.Arbitrary<readonly AttentionForm[]>) => {
    const values = siteCatalog(device.spec).flatMap(({ needs }) => needs);
    const id = fc.nat({ max: device.spec.nVocab - 1 });
    return fc.record({
      steps: fc.array(fc.integer({ min: 1, max: ids.length }), { maxLength: ids.length }),
      capture: fc.uniqueArray(fc.constantFrom(...values), { maxLength: 6 }),
      spare: fc.integer({ min: 0, max: 50 }),
      beside: fc.array(fc.array(id, { minLength: 1, maxLength: 9 }), { maxLength: 3 }),
      forms,
    });
  };
  const whole = { steps: [], capture: [], spare: 0, beside: [] };
  const tokenByToken = { ...whole, steps: ids.map(() => 1) };

  test("each form gives the same bits and makes the same choices", async () => {
    const device = await open();
    for (const form of uniformForms(device.spec)) {
      const wanted = await forward(device, ids, { ...whole, forms: [form] });
      await fc.assert(
        fc.asyncProperty(ways(device, fc.constant([form])), async (way) => {
          const got = await forward(device, ids, way);
          assert.ok(bytes(got.logits).equals(bytes(wanted.logits)), `${form}: the bits differ`);
          assert.deepEqual(got.choices, wanted.choices);
        }),
        { numRuns, examples: [[{ ...tokenByToken, forms: [form] }]] },
      );
    }
    device.freeIdle();
    assert.equal(device.groups.size, 0, "tensors of an execution are left");
  });

  if (/deepseek/.test(fixture))
    test("forms that alternate give logits within 1e-5 and the same choices", async () => {
      const device = await open();
      const [absorbed, expanded] = uniformForms(device.spec) as [AttentionForm, AttentionForm];
      const wanted = await forward(device, ids, { ...whole, forms: [expanded] });
      const forms = fc.array(fc.constantFrom(absorbed, expanded), { minLength: 1, maxLength: 4 });
      await fc.assert(
        fc.asyncProperty(ways(device, forms), async (way) => {
          const got = await forward(device, ids, way);
          assertClose(got.logits, wanted.logits, 1e-5, "logits");
          assert.deepEqual(got.choices, wanted.choices);
        }),
        { numRuns, examples: [[{ ...tokenByToken, forms: [absorbed] }]] },
      );
    });
}
