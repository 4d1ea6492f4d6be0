import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { add, patch } from "../../engine/index.ts";
import { maxDifference } from "../../scripts/accuracy/siteErrors.ts";
import { largest, METRIC, open } from "./gradientModels.ts";
import { promptOf } from "./openModel.ts";

describe("Model.attributionPatching", () => {
  it("is what patching does, as far as the model is linear between the runs", async () => {
    const model = await open("qwen3_moe");
    const ids = promptOf("qwen3_moe").slice(0, 5);
    const corrupted = await model.run(ids);
    const small = Array.from({ length: model.spec.dModel }, (_, i) => 1e-6 * Math.cos(3 * i));
    const clean = await model.run(ids, {
      edits: [add("hook_embed", small)],
      capture: "blocks.*.hook_resid_pre",
    });
    const grid = { site: "blocks.{layer}.hook_resid_pre", over: ["layer", "position"] } as const;
    const swept = await model.sweep(ids, {
      grid,
      metric: METRIC,
      edit: ({ site, position }) => patch(site, clean, { from: [position], to: [position] }),
    });
    const estimate = await model.attributionPatching(clean, corrupted, { grid, metric: METRIC });
    assert.deepEqual([swept.provenance, estimate.provenance], ["measured", "estimated"]);
    assert.deepEqual(estimate.effects.shape, swept.effects.shape);
    assert.equal(estimate.baseline, swept.baseline);
    const size = largest(swept.effects.data);
    assert.ok(size > 1e-8, `${size}`);
    assert.ok(maxDifference(estimate.effects.data, swept.effects.data) < 1e-4 * size);
  });

  it("sums positions and heads to the whole", async () => {
    const model = await open("llama3", "cpu");
    const [clean, corrupted] = [await model.run([3, 4, 5, 6]), await model.run([3, 9, 5, 6])];
    const over = async (...axes: ("layer" | "position" | "head")[]) =>
      (
        await model.attributionPatching(clean, corrupted, {
          grid: { site: "blocks.{layer}.attn.hook_z", over: axes },
          metric: METRIC,
        })
      ).effects;
    const [layers, cells] = [await over("layer"), await over("layer", "position", "head")];
    layers.data.forEach((effect, layer) => {
      const sum = cells.row(layer).data.reduce((a, b) => a + b, 0);
      assert.ok(effect !== 0 && Math.abs(sum - effect) < 1e-12, `${sum}, ${effect}`);
    });
    await assert.rejects(
      model.attributionPatching(await model.run([3, 4]), corrupted, {
        grid: { site: "hook_embed", over: ["position"] },
        metric: METRIC,
      }),
      { code: "ERR_SELECTION", message: /one length, got 2 and 4/ },
    );
  });
});
