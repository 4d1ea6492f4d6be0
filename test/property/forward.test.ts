import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { AttentionForm } from "../../engine/model/plan.ts";
import { Execution } from "../../engine/run/execution.ts";
import type { ModelDevice } from "../../engine/run/modelDevice.ts";
import { siteCatalog } from "../../engine/sites/siteCatalog.ts";
import { concatenate } from "../../engine/tensor/concatenate.ts";
import type { HostArray } from "../../engine/tensor/tensor.ts";
import { assertClose } from "../golden/compare.ts";
import { expected, FIXTURES, fixtureFolder, openDevice } from "../golden/openModel.ts";

interface Way {
  /** Lengths of the steps; what is left of the prompt is the last one. */
  readonly steps: readonly number[];
  /** One per step, taken in turn. */
  readonly forms: readonly AttentionForm[];
  readonly capture: readonly string[];
  /** Positions of the cache beyond the prompt. */
  readonly spare: number;
}

/** Logits and choices of one forward pass done in the given way. */
async function forward(device: ModelDevice, ids: readonly number[], way: Way) {
  const execution = new Execution(device, {
    capacity: ids.length + way.spare,
    rows: ids.length,
    capture: new Set(way.capture),
  });
  const rows: HostArray[] = [];
  const lengths = [...way.steps, ids.length];
  for (let i = 0, start = 0; start < ids.length; i++) {
    const end = Math.min(start + (lengths[i] ?? ids.length), ids.length);
    const form = way.forms[i % way.forms.length] ?? "gqa";
    rows.push(await execution.step(ids.slice(start, end), form, "prefill"));
    start = end;
  }
  execution.finish();
  const choices: number[] = [];
  for (const name of execution.storage.names())
    if (/hook_(expert|topk)_indices$/.test(name)) {
      const tensor = execution.storage.get(name);
      if (tensor) choices.push(...(await device.backend.read(tensor)));
    }
  execution.dispose();
  return { logits: concatenate(rows), choices };
}

const bytes = (data: HostArray) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

for (const fixture of FIXTURES)
  describe(`cpu: ${fixture}, whatever the steps, the captures and the room in the cache`, () => {
    const ids = expected(fixture).ids;
    const opened: Promise<ModelDevice>[] = [];
    const open = () => {
      opened[0] ??= openDevice("cpu", fixtureFolder(fixture));
      return opened[0];
    };

    const ways = (device: ModelDevice, forms: fc.Arbitrary<readonly AttentionForm[]>) => {
      const values = siteCatalog(device.spec).flatMap(({ needs }) => needs);
      return fc.record({
        steps: fc.array(fc.integer({ min: 1, max: ids.length }), { maxLength: ids.length }),
        capture: fc.uniqueArray(fc.constantFrom(...values), { maxLength: 6 }),
        spare: fc.integer({ min: 0, max: 50 }),
        forms,
      });
    };
    const whole = { steps: [], capture: [], spare: 0 };

    test("each form gives the same bits and makes the same choices", async () => {
      const device = await open();
      const isMla = device.spec.attention.kind === "mla";
      for (const form of isMla ? (["absorbed", "expanded"] as const) : (["gqa"] as const)) {
        const wanted = await forward(device, ids, { ...whole, forms: [form] });
        await fc.assert(
          fc.asyncProperty(ways(device, fc.constant([form])), async (way) => {
            const got = await forward(device, ids, way);
            assert.ok(bytes(got.logits).equals(bytes(wanted.logits)), `${form}: the bits differ`);
            assert.deepEqual(got.choices, wanted.choices);
          }),
          { numRuns: 10 },
        );
      }
      assert.equal(device.groups.size, 0, "tensors of an execution are left");
      if (!isMla) device.backend.dispose();
    });

    if (/deepseek/.test(fixture))
      test("forms that alternate give logits within 1e-5 and the same choices", async () => {
        const device = await open();
        const wanted = await forward(device, ids, { ...whole, forms: ["absorbed"] });
        const forms = fc.array(fc.constantFrom("absorbed" as const, "expanded" as const), {
          minLength: 1,
          maxLength: 4,
        });
        await fc.assert(
          fc.asyncProperty(ways(device, forms), async (way) => {
            const got = await forward(device, ids, way);
            assertClose(got.logits, wanted.logits, 1e-5, "logits");
            assert.deepEqual(got.choices, wanted.choices);
          }),
          { numRuns: 10 },
        );
        device.backend.dispose();
      });
  });
