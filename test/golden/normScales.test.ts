import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { type Model, type Run, zero } from "../../engine/index.ts";
import { fixtureFolder, MIXED, openModel, promptOf } from "./openModel.ts";

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});

async function opened(backend: "reference" | "cpu" | "webgpu", fixture: string): Promise<Model> {
  const { model } = await openModel(backend, fixtureFolder(fixture));
  models.push(model);
  return model;
}

/** What each norm of a model reads. */
function normsOf({ spec }: Model): readonly (readonly [norm: string, reads: string])[] {
  const isPlain = (layer: number) => spec.layers[layer]?.residual.kind === "plain";
  const blocks = Array.from({ length: spec.nLayers }, (_, layer) => {
    const block = `blocks.${layer}`;
    return isPlain(layer)
      ? ([
          [`${block}.ln1`, `${block}.hook_resid_pre`],
          [`${block}.ln2`, `${block}.hook_resid_mid`],
        ] as const)
      : ([
          [`${block}.ln1`, `${block}.attn_hc.hook_collapsed`],
          [`${block}.ln2`, `${block}.mlp_hc.hook_collapsed`],
        ] as const);
  });
  const last = spec.nLayers - 1;
  const read = isPlain(last) ? `blocks.${last}.hook_resid_post` : "hc_head.hook_collapsed";
  return [...blocks.flat(), ["ln_final", read]];
}

/** What is left of a token's row where a norm's weight and bias are undone: the row by its scale. */
async function undone(run: Run, model: Model, norm: string, token: number): Promise<number[]> {
  const normalized = (await run.get(`${norm}.hook_normalized`, { token })).data;
  const weight = (await model.weight(norm)).data;
  const bias = model.spec.norm === "layer" ? (await model.weight(`${norm}.bias`)).data : null;
  return Array.from(normalized, (y, i) => (y - (bias?.[i] ?? 0)) / (weight[i] as number));
}

describe("what norms divide by", () => {
  for (const [backend, fixture] of [
    ["reference", "gpt2"],
    ["reference", MIXED],
    ["cpu", "gpt2"],
    ["cpu", "deepseek_v3"],
    ["webgpu", "llama3"],
  ] as const)
    it(`times what the norm leaves is what it read: ${fixture} on ${backend}`, async () => {
      const model = await opened(backend, fixture);
      const run = await model.run(promptOf(fixture).slice(0, 5));
      const norms = normsOf(model);
      assert.equal(norms.length, 2 * model.spec.nLayers + 1);
      for (const [norm, reads] of norms) {
        const scales = await run.get(`${norm}.hook_scale`);
        assert.deepEqual([scales.shape, scales.dims], [[5], ["T"]]);
        const one = await run.get(`${norm}.hook_scale`, { token: 3 });
        assert.equal(one.data[0], scales.data[3]);
        const x = [...(await run.get(reads, { token: 3 })).data];
        const mean =
          model.spec.norm === "layer" ? x.reduce((sum, each) => sum + each, 0) / x.length : 0;
        const row = await undone(run, model, norm, 3);
        const size = Math.hypot(...x);
        row.forEach((y, i) => {
          const wanted = (x[i] as number) - mean;
          const got = y * (scales.data[3] as number);
          assert.ok(Math.abs(got - wanted) < 1e-5 * size, `${norm} ${i}: ${got}, not ${wanted}`);
        });
      }
      run.dispose();
    });

  it("cannot be edited: what they are computed from can", async () => {
    const model = await opened("cpu", "llama3");
    await assert.rejects(model.run([3, 1], { edits: [zero("ln_final.hook_scale")] }), {
      message: /edit that, or ln_final\.hook_normalized/,
    });
  });
});
