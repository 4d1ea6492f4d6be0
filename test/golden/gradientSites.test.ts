import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Gradients, Run } from "../../engine/index.ts";
import { mlaOf } from "../fixtures/layers.ts";
import { gradientOf, inner, largest, METRIC, open } from "./gradientModels.ts";
import { promptOf } from "./openModel.ts";

describe("sites that are computed from others", () => {
  const at = (site: string) => `blocks.1.attn.${site}`;
  const along = async (run: Run, found: Gradients, site: string) =>
    inner(gradientOf(found, site).data, (await run.get(site)).data);

  it("have gradients whose product with the site is that of what they are computed from", async () => {
    const model = await open("deepseek_v3");
    const run = await model.run(promptOf("deepseek_v3").slice(0, 6));
    const names = ["hook_k", "hook_rot_k", "hook_z", "hook_result", "hook_q", "hook_rot_q"].map(at);
    const found = await model.backward(run, { of: METRIC, at: names });
    const products = await Promise.all(names.map((name) => along(run, found, name)));
    for (const i of [0, 2, 4]) {
      const [one = 0, other = 0] = products.slice(i, i + 2);
      assert.ok(
        Math.abs(one) > 1e-6 && Math.abs(one - other) < 1e-9,
        `${names[i]}: ${one}, ${other}`,
      );
    }
  });

  it("give the latent what its heads' keys and values say of it", async () => {
    const model = await open("deepseek_v3");
    const run = await model.run(promptOf("deepseek_v3").slice(0, 6));
    const names = ["hook_kv_latent", "hook_v", "hook_rot_k"].map(at);
    const found = await model.backward(run, { of: METRIC, at: names });
    const { dNope } = mlaOf(model.spec, 1);
    const [values, keys] = [gradientOf(found, at("hook_v")), gradientOf(found, at("hook_rot_k"))];
    const [v, k] = [await run.get(at("hook_v")), await run.get(at("hook_rot_k"))];
    const dKey = keys.shape[2] ?? 0;
    const ofKeys = keys.data.map((g, i) => (i % dKey < dNope ? g : 0)); // the rotary part is no part of the latent
    const both = inner(values.data, v.data) + inner(ofKeys, k.data);
    const got = await along(run, found, at("hook_kv_latent"));
    assert.ok(Math.abs(both) > 1e-6 && Math.abs(got - both) < 1e-9, `${got}, ${both}`);
  });

  it("give router scores what the weights of the chosen say of them", async () => {
    for (const [folder, isNormalized] of [
      ["qwen3_moe", true],
      ["olmoe", false],
    ] as const) {
      const model = await open(folder);
      const run = await model.run(promptOf(folder).slice(0, 6));
      const names = [
        "blocks.0.mlp.hook_router_scores",
        "blocks.0.mlp.hook_expert_weights",
      ] as const;
      const found = await model.backward(run, { of: METRIC, at: names });
      const [scores, weights] = [
        await along(run, found, names[0]),
        await along(run, found, names[1]),
      ];
      assert.ok(Math.abs(weights) > 1e-6, folder);
      assert.ok(
        Math.abs(scores - (isNormalized ? 0 : weights)) < 1e-9,
        `${folder}: ${scores}, ${weights}`,
      );
      assert.ok(largest(gradientOf(found, names[0]).data) > 1e-6);
    }
  });
});
