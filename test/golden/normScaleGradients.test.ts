import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { add, type EditRequest, logProb, type Model, scale, Tensor } from "../../engine/index.ts";
import { maxDifference } from "../../scripts/accuracy/siteErrors.ts";
import { gradientOf, inner, largest, METRIC, measured, open, STEP } from "./gradientModels.ts";
import { MIXED, promptOf } from "./openModel.ts";

const SCALES = ["blocks.*.ln1.hook_scale", "blocks.*.ln2.hook_scale", "ln_final.hook_scale"];

/** An edit that does what a scale larger by `by` at one token does, where the norm's input stays. */
async function movedScale(
  model: Model,
  ids: readonly number[],
  { norm, token, by }: { readonly norm: string; readonly token: number; readonly by: number },
  edits: readonly EditRequest[] = [],
): Promise<EditRequest> {
  const run = await model.run([...ids], { edits });
  const { data } = await run.get(`${norm}.hook_normalized`, { token });
  const [divisor = 0] = (await run.get(`${norm}.hook_scale`, { token })).data;
  const bias = model.spec.norm === "layer" ? (await model.weight(`${norm}.bias`)).data : null;
  run.dispose();
  const change = Float64Array.from(
    data,
    (y, i) => (y - (bias?.[i] ?? 0)) * (divisor / (divisor + by) - 1),
  );
  return add(`${norm}.hook_normalized`, new Tensor(change, [change.length], ["M"]), {
    position: token,
  });
}

describe("gradients of what norms divide by", () => {
  for (const folder of ["gpt2", "llama3", MIXED])
    it(`are central differences of whole runs in float64, at every token: ${folder}`, async () => {
      const model = await open(folder);
      const ids = promptOf(folder).slice(0, 4);
      const run = await model.run(ids);
      const found = await model.backward(run, { of: METRIC, at: SCALES });
      assert.equal(found.gradients.size, 2 * model.spec.nLayers + 1);
      for (const [site, { data, shape, dims }] of found.gradients) {
        assert.deepEqual([shape, dims], [[4], ["T"]]);
        const norm = site.replace(/\.hook_scale$/, "");
        for (let token = 0; token < 4; token++) {
          const at = async (by: number) =>
            measured(model, ids, [await movedScale(model, ids, { norm, token, by })]);
          const wanted = ((await at(STEP)) - (await at(-STEP))) / (2 * STEP);
          const got = data[token] as number;
          assert.ok(
            Math.abs(got - wanted) < 1e-6 * (1 + Math.abs(wanted)),
            `${site} ${token}: ${got}, measured ${wanted}`,
          );
        }
      }
      const [ofLast, ...others] = gradientOf(found, "ln_final.hook_scale").data.toReversed();
      assert.ok(Math.abs(ofLast ?? 0) > 1e-6, "the last token's own norm makes its logits");
      assert.equal(largest(others), 0);
      assert.ok(Math.abs(gradientOf(found, "blocks.0.ln1.hook_scale").data[0] ?? 0) > 1e-9);
      run.dispose();
    });

  it("go through edits of what the norm reads and writes", async () => {
    const model = await open("gpt2");
    const ids = promptOf("gpt2").slice(0, 4);
    const norm = "blocks.0.ln2";
    const reads = scale("blocks.0.hook_resid_mid", 0.5);
    const writes = scale(`${norm}.hook_normalized`, 3, { position: [1, 3], after: true });
    const run = await model.run(ids, { edits: [reads, writes] });
    const found = await model.backward(run, { of: METRIC, at: `${norm}.hook_scale` });
    for (const token of [0, 2]) {
      const at = async (by: number) => {
        const moved = await movedScale(model, ids, { norm, token, by }, [reads]);
        return measured(model, ids, [reads, moved, writes]);
      };
      const wanted = ((await at(STEP)) - (await at(-STEP))) / (2 * STEP);
      const got = gradientOf(found, `${norm}.hook_scale`).data[token] as number;
      assert.ok(Math.abs(wanted) > 1e-5, `${token}: ${wanted}`);
      assert.ok(
        Math.abs(got - wanted) < 1e-6 * (1 + Math.abs(wanted)),
        `${token}: ${got}, measured ${wanted}`,
      );
    }
    run.dispose();
  });

  it("are those of a shorter run up to the metric's position, and zeros behind it", async () => {
    const model = await open("llama3");
    const ids = promptOf("llama3").slice(0, 6);
    const [run, shorter] = [await model.run(ids), await model.run(ids.slice(0, 4))];
    const found = await model.backward(run, { of: logProb(7, { position: 3 }), at: SCALES });
    const wanted = await model.backward(shorter, { of: logProb(7), at: SCALES });
    for (const [site, { data }] of found.gradients)
      assert.deepEqual([...data], [...gradientOf(wanted, site).data, 0, 0]);
  });

  for (const folder of ["gpt2", "deepseek_v3"])
    it(`are the same on cpu as on reference, to float32: ${folder}`, async () => {
      const ids = promptOf(folder).slice(0, 6);
      const [onReference, onCpu] = await Promise.all(
        (["reference", "cpu"] as const).map(async (backend) => {
          const model = await open(folder, backend);
          return model.backward(await model.run(ids), { of: METRIC, at: SCALES });
        }),
      );
      assert.ok(onReference && onCpu);
      for (const [site, { data }] of onReference.gradients) {
        const error = maxDifference(gradientOf(onCpu, site).data, data) / largest(data);
        assert.ok(error < 1e-4, `${site}: ${error} of the largest`);
      }
    });

  it("estimate what patches of scales would change", async () => {
    const model = await open("gpt2");
    const [clean, corrupted] = [await model.run([3, 4, 5, 6]), await model.run([3, 9, 5, 6])];
    const grid = { site: "blocks.{layer}.ln2.hook_scale", over: ["layer", "position"] } as const;
    const estimate = await model.attributionPatching(clean, corrupted, { grid, metric: METRIC });
    assert.deepEqual(estimate.effects.shape, [model.spec.nLayers, 4]);
    const site = "blocks.1.ln2.hook_scale";
    const [a, b] = [(await clean.get(site)).data, (await corrupted.get(site)).data];
    const found = await model.backward(corrupted, { of: METRIC, at: site });
    const change = Float64Array.from(a, (x, i) => x - (b[i] as number));
    const wanted = inner(gradientOf(found, site).data, change);
    const got = estimate.effects.row(1).data.reduce((sum, x) => sum + x, 0);
    assert.ok(Math.abs(wanted) > 1e-9 && Math.abs(got - wanted) < 1e-12, `${got}, not ${wanted}`);
  });
});
