import assert from "node:assert/strict";
import { it } from "node:test";
import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { createReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { createModel } from "../../engine/createModel.ts";
import type { Run } from "../../engine/index.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { readGolden } from "../../scripts/accuracy/golden.ts";
import { assertGolden } from "./compare.ts";
import { fixtureFolder } from "./openModel.ts";

const folder = fixtureFolder("deepseek_v3");
const DAMAGED = "model.layers.1.mlp.shared_experts.down_proj.weight";

/** The fixture's forward pass, where asked for with one number of one weight made larger by `more`. */
async function forward(backendName: "cpu" | "reference", more: number): Promise<Run> {
  const checkpoint = await openCheckpoint(folder);
  const damaged = Object.assign(Object.create(checkpoint) as typeof checkpoint, {
    async readInto(name: string, start: number, target: Uint8Array) {
      await checkpoint.readInto(name, start, target);
      if (name !== DAMAGED) return;
      assert.equal(start, 0, "the tensor is read at once");
      const view = new DataView(target.buffer, target.byteOffset);
      view.setFloat32(64, view.getFloat32(64, true) + more, true);
    },
  });
  const backend = backendName === "cpu" ? await createCpuBackend() : createReferenceBackend();
  const model = await createModel(damaged, { tokenizer: null, backend });
  await checkpoint.close();
  return model.run((await readGolden(folder)).ids, { capture: "**" });
}

async function report(run: Run, inFloat64: Run): Promise<string> {
  const golden = await readGolden(folder);
  const failure = await assertGolden(run, golden, "F32", async () => inFloat64).then(
    () => null,
    (error: unknown) => error,
  );
  return failure instanceof assert.AssertionError ? failure.message : String(failure);
}

const number = String.raw`[\d.e-]+`;

it("a weight that one backend has wrong is found: the site it shows at, the small difference in float64, the operator's own site", async () => {
  const message = await report(await forward("cpu", 0.5), await forward("reference", 0));
  const parts = new RegExp(
    `^(\\S+) is the first site to leave transformers: max .difference. (${number}), allowed 0.001; ` +
      `the same difference in float64: (${number}). First site to leave float64: (\\S+): `,
  ).exec(message);
  assert.ok(parts !== null, message);
  const [, site, difference, inFloat64, left] = parts;
  assert.equal(site, "blocks.1.hook_resid_post");
  assert.ok(Number(difference) > 0.01 && Number(inFloat64) < 1e-5, message);
  assert.equal(left, "blocks.1.mlp.hook_shared_out");
});

it("a model that is wrong is told from rounding: the difference in float64 is the same", async () => {
  const message = await report(await forward("cpu", 0.5), await forward("reference", 0.5));
  const parts = new RegExp(`difference. (${number}), .*in float64: (${number})\\. .*: none$`);
  const [, difference, inFloat64] = parts.exec(message) ?? [];
  assert.ok(Math.abs(Number(difference) / Number(inFloat64) - 1) < 1e-3, message);
});

it("a run that agrees is no report", async () => {
  assert.equal(await report(await forward("cpu", 0), await forward("reference", 0)), "null");
});
