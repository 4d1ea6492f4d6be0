import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { editedModel } from "../../engine/act/editedModel.ts";
import { refusal } from "../../engine/act/editTarget.ts";
import {
  add,
  type EditRequest,
  experts,
  heads,
  type Model,
  patch,
  project,
  scale,
  Tensor,
  zero,
} from "../../engine/index.ts";
import { isDraftValue } from "../../engine/plan/planMtp.ts";
import { Seeded } from "../differential/cases/seeded.ts";
import { gradientOf, inner, METRIC, measured, open, STEP } from "./gradientModels.ts";
import { MIXED, promptOf } from "./openModel.ts";

/** Sites whose gradient a change of their own measures. */
function editable(model: Model): string[] {
  const { sites, plan } = editedModel(model.spec);
  return sites.flatMap((site) => {
    const isMap = site.source.kind === "pattern" || site.source.kind === "scores";
    const isOfChoice = /hook_(index_|topk_)/.test(site.name) || site.source.kind === "logits";
    const isFloat = site.dtype === "f32" && !isDraftValue(site.name);
    return isFloat && !isMap && !isOfChoice && refusal(plan, site) === null ? [site.name] : [];
  });
}

describe("gradients against central differences of whole runs in float64", () => {
  for (const folder of [MIXED, "gpt2", "gpt_oss", "deepseek_v32", "olmoe"])
    it(`at every site of ${folder} that can be edited`, async () => {
      const model = await open(folder);
      const ids = promptOf(folder).slice(0, 4);
      const run = await model.run(ids);
      const names = editable(model);
      const found = await model.backward(run, { of: METRIC, at: names });
      const random = new Seeded(3);
      for (const name of names) {
        const gradient = gradientOf(found, name);
        const direction = Float64Array.from(random.floats(gradient.data.length));
        const moved = (by: number) => {
          const data = direction.map((d) => d * by);
          return measured(model, ids, [add(name, new Tensor(data, gradient.shape, gradient.dims))]);
        };
        const wanted = ((await moved(STEP)) - (await moved(-STEP))) / (2 * STEP);
        const got = inner(gradient.data, direction);
        const size = Math.hypot(...gradient.data);
        assert.ok(
          Math.abs(got - wanted) < 1e-6 * (1 + size),
          `${name}: ${got}, measured ${wanted}`,
        );
      }
    });

  it("at maps of attention, and where an edit of the pattern has taken it apart", async () => {
    const pattern = "blocks.0.attn.hook_pattern";
    const scores = "blocks.0.attn.hook_attn_scores";
    const halved = [scale(pattern, 0.5, { head: 1 })];
    for (const [folder, edits] of [
      ["qwen2", []],
      ["gpt_oss", []],
      ["gpt_oss", halved],
      ["deepseek_v3", []],
      ["deepseek_v32", []],
      ["deepseek_v32", halved],
    ] as const) {
      const model = await open(folder);
      const ids = promptOf(folder).slice(0, 8); // more than a window of 5, and than 6 keys chosen
      const run = await model.run(ids, { edits });
      const found = await model.backward(run, { of: METRIC, at: [pattern, scores] });
      for (const site of [pattern, scores]) {
        const gradient = gradientOf(found, site).row(1);
        const direction = Float64Array.from(new Seeded(5).floats(64), (x, i) =>
          i % 8 <= i / 8 ? x : 0,
        );
        const moved = (by: number) => {
          const rows = new Tensor(
            direction.map((d) => d * by),
            [8, 8],
            ["T", "S"],
          );
          return measured(model, ids, [...edits, add(site, rows, { head: 1, after: true })]);
        };
        const wanted = ((await moved(STEP)) - (await moved(-STEP))) / (2 * STEP);
        const got = inner(gradient.data, direction);
        assert.ok(
          Math.abs(got - wanted) < 1e-6 * (1 + Math.abs(wanted)),
          `${folder} ${site}, ${edits.length} edits: ${got}, measured ${wanted}`,
        );
      }
      run.dispose();
    }
  });

  it("through edits of every kind", async () => {
    const model = await open("gpt_oss");
    const ids = promptOf("gpt_oss").slice(0, 6);
    const other = await model.run(promptOf("gpt_oss").slice(6, 12));
    const { dModel, layers } = model.spec;
    const [layer] = layers;
    assert.ok(layer?.attention.kind === "gqa" && layer.feedForward.kind === "moe");
    const direction = Array.from({ length: dModel }, (_, i) => Math.sin(i));
    const map = (data: Float32Array) => new Tensor(data, [6, 6], ["T", "S"]);
    const pattern = map(
      Float32Array.from({ length: 36 }, (_, i) => (i % 6 <= i / 6 ? 1 / (1 + (i % 6)) : 0)),
    );
    const ways: Readonly<Record<string, readonly EditRequest[]>> = {
      zero: [zero("blocks.0.attn.hook_z", { head: 1, position: [2, 4] })],
      scale: [scale("blocks.0.hook_resid_mid", 0.5, { position: [1, 3] })],
      "scale of logits": [scale("hook_logits", 0.5)],
      add: [add("blocks.0.hook_resid_post", direction)],
      patch: [patch("blocks.0.hook_resid_mid", other, { from: [2], to: [3] })],
      project: [project("blocks.0.hook_resid_post", direction)],
      "experts of one weight": [experts({ layer: 0 }).weights("uniform")],
      "forced experts": [experts({ layer: 0 }).force([1])],
      "fewer experts": [experts({ layer: 0, position: [0, 4] }).count(1)],
      mask: [heads({ layer: 0, head: 0 }).mask()],
      edges: [heads({ layer: 0, head: 0 }).edge(4, 3), heads({ layer: 1, head: 1 }).edge(5, 0)],
      temperature: [heads({ layer: 1, head: 1 }).temperature(2)],
      "a given pattern": [heads({ layer: 0, head: 1 }).pattern(pattern)],
      "scaled scores": [scale("blocks.1.attn.hook_attn_scores", 1.5, { head: 1 })],
      "scaled pattern": [scale("blocks.1.attn.hook_pattern", 0.5, { head: 0 })],
      "projected scores": [
        project("blocks.1.attn.hook_attn_scores", map(pattern.data as Float32Array), { head: 0 }),
      ],
    };
    for (const [name, edits] of Object.entries(ways)) {
      const run = await model.run(ids, { edits });
      const gradient = gradientOf(
        await model.backward(run, { of: METRIC, at: "hook_embed" }),
        "hook_embed",
      );
      const along = Float64Array.from(new Seeded(9).floats(gradient.data.length));
      const moved = (by: number) => {
        const value = new Tensor(
          along.map((d) => d * by),
          gradient.shape,
          gradient.dims,
        );
        return measured(model, ids, [...edits, add("hook_embed", value)]);
      };
      const wanted = ((await moved(STEP)) - (await moved(-STEP))) / (2 * STEP);
      const got = inner(gradient.data, along);
      assert.ok(
        Math.abs(got - wanted) < 1e-6 * (1 + Math.hypot(...gradient.data)),
        `${name}: ${got}, measured ${wanted}`,
      );
      run.dispose();
    }
  });
});
