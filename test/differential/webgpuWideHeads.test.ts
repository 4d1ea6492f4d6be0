import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { createWebGpuBackend } from "../../engine/backend/webgpu/createWebGpuBackend.ts";
import type { WebGpuBackend } from "../../engine/backend/webgpu/webGpuBackend.ts";
import { requireNodeAdapter } from "../../engine/backend/webgpu/webgpuAdapter.node.ts";
import { cache, type OperatorCase, operatorCase, out, token } from "./cases/operatorCase.ts";
import { Seeded } from "./cases/seeded.ts";
import { CaseOnBackend } from "./runCase.ts";

/** Absorbed MLA: one key row serves all heads and holds the values too. */
function absorbed(T: number, start: number, H: number, dKey: number, dValue: number): OperatorCase {
  const random = new Seeded(dKey + H);
  return operatorCase({
    kind: "attention",
    name: `Dk=${dKey} Dv=${dValue}`,
    step: { nTokens: T, start },
    tolerance: 5e-6,
    fields: {
      q: token(T, [H, dKey], random.floats(T * H * dKey)),
      k: cache(start + T, [1, dKey], random.floats((start + T) * dKey)),
      out: out("token", T, [H, dValue]),
      lse: out("token", T, [H]),
      moments: out("token", T, [H, 2]),
    },
    operator: (t) => ({
      kind: "attention",
      scale: 0.13523378,
      window: null,
      nHeads: H,
      nKvHeads: 1,
      dKey,
      dValue,
      q: t.q,
      k: t.k,
      v: null,
      sinks: null,
      selection: null,
      temperatures: null,
      mask: null,
      out: t.out,
      lse: t.lse,
      moments: t.moments,
    }),
  });
}

/** Heads so wide that workgroup memory holds two queries, or one, instead of four. */
const wide = [
  { operatorCase: absorbed(3, 70, 5, 576, 512), queries: 2 },
  { operatorCase: absorbed(2, 5, 3, 1500, 1200), queries: 1 },
];

describe("wide heads on WebGPU", () => {
  let backend: WebGpuBackend;
  before(async () => {
    backend = await createWebGpuBackend(await requireNodeAdapter());
  });
  after(() => backend.dispose());

  for (const { operatorCase, queries } of wide)
    test(`${queries} queries a workgroup (${operatorCase.name}) equal the reference, token by token in the same bits`, async () => {
      const reference = createReferenceBackend();
      const expected = await new CaseOnBackend(reference, operatorCase).run();
      reference.dispose();
      const running = new CaseOnBackend(backend, operatorCase);
      const got = await running.run();
      for (const [field, values] of expected)
        values.forEach((value, i) => {
          const difference = Math.abs(got.get(field)![i]! - value);
          assert.ok(difference < 1e-5, `${field}[${i}] differs by ${difference}`);
        });
      const last = operatorCase.step.nTokens - 1;
      for (const [field, row] of await running.runTokens(last, 1)) {
        const whole = got.get(field)!;
        assert.deepEqual(row, whole.slice(whole.length - row.length), field);
      }
      running.free();
    });
});
