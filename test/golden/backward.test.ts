import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { add, change, logProb, replace, Tensor } from "../../engine/index.ts";
import { maxDifference } from "../../scripts/accuracy/siteErrors.ts";
import { Seeded } from "../differential/cases/seeded.ts";
import { gradientOf, inner, largest, METRIC, measured, open, STEP } from "./gradientModels.ts";
import { promptOf } from "./openModel.ts";

describe("Model.backward", () => {
  it("has zeros behind the metric's position, and the gradient of a shorter run before it", async () => {
    const model = await open("llama3");
    const ids = promptOf("llama3").slice(0, 8);
    const [run, shorter] = [await model.run(ids), await model.run(ids.slice(0, 5))];
    const at = ["blocks.0.hook_resid_post", "hook_logits"];
    const found = await model.backward(run, { of: logProb(7, { position: 4 }), at });
    const wanted = await model.backward(shorter, { of: logProb(7), at });
    assert.equal(found.metric, wanted.metric);
    for (const site of at) {
      const [whole, part] = [gradientOf(found, site), gradientOf(wanted, site)];
      assert.equal(whole.shape[0], 8);
      assert.deepEqual(whole.data.slice(0, part.data.length), part.data);
      assert.equal(largest(whole.data.slice(part.data.length)), 0);
    }
  });

  it("sums along a line to what the metric changes from one end to the other", async () => {
    const model = await open("llama3");
    const ends = await Promise.all(
      [
        [3, 4, 5, 6],
        [3, 9, 5, 6],
      ].map((ids) => model.run(ids)),
    );
    const [from, to] = await Promise.all(ends.map((run) => run.get("hook_embed")));
    const [before, after] = await Promise.all(ends.map(({ logits }) => METRIC(logits.data)));
    assert.ok(from && to && before !== undefined && after !== undefined);
    const way = from.data.map((x, i) => (to.data[i] as number) - x);
    const steps = 32;
    let sum = 0;
    for (let step = 0; step < steps; step++) {
      const between = from.data.map((x, i) => x + ((step + 0.5) / steps) * (way[i] as number));
      const edits = [replace("hook_embed", new Tensor(between, from.shape, from.dims))];
      const run = await model.run([3, 9, 5, 6], { edits });
      const found = await model.backward(run, { of: METRIC, at: "hook_embed" });
      sum += inner(gradientOf(found, "hook_embed").data, way) / steps;
      run.dispose();
    }
    assert.ok(
      Math.abs(after - before) > 0.01 &&
        Math.abs(sum - (after - before)) < 1e-3 * Math.abs(after - before),
      `${sum}`,
    );
  });

  it("takes the gradient of a generated text, and of a run that is disposed of", async () => {
    const model = await open("deepseek_v3");
    const generation = model.generate(promptOf("deepseek_v3").slice(0, 6), {
      maxTokens: 3,
      temperature: 0,
      ignoreEos: true,
    });
    for await (const _ of generation);
    const { run } = generation;
    run.dispose();
    const again = await model.run(run.tokens.map(({ id }) => id));
    const options = { of: METRIC, at: "blocks.*.hook_resid_post" };
    const [one, other] = [await model.backward(run, options), await model.backward(again, options)];
    assert.deepEqual(one, other);
  });

  it("leaves nothing on the device", async () => {
    const model = await open("qwen3_moe", "cpu");
    const run = await model.run(promptOf("qwen3_moe"));
    model.freeIdle();
    const before = model.deviceMemory();
    const options = { of: METRIC, at: "hook_embed" };
    await model.backward(run, options);
    await assert.rejects(model.backward(run, { ...options, budget: 1 }), { code: "ERR_BUDGET" });
    const ofLogits = { of: METRIC, at: "hook_logits" }; // takes a row of the forward pass: the metric's own logits
    const { nVocab } = model.spec;
    const bytes = 4 * nVocab + 8 * nVocab + 8 * run.tokens.length * nVocab;
    await model.backward(run, { ...ofLogits, budget: bytes });
    const less = model.backward(run, { ...ofLogits, budget: bytes - 1 });
    await assert.rejects(less, { code: "ERR_BUDGET", message: new RegExp(`got ${bytes} for`) });
    model.freeIdle();
    assert.deepEqual(model.deviceMemory(), before);
    run.dispose();
  });

  it("holds what its budget counts: what the norms read, and a gradient beside the tensor made of it", async () => {
    const model = await open("llama3", "cpu");
    const { dModel, nLayers, nVocab } = model.spec;
    const run = await model.run([3, 4, 5, 6, 7, 8, 9]);
    const options = { of: METRIC, at: `blocks.${nLayers - 1}.hook_resid_post` };
    const row = 7 * dModel;
    const tape = 4 * row + 4 * nVocab; // f32: the residual, and the logits of the last token
    const adding = 8 * row + 8 * Math.max(nVocab, row); // of the norm's output, of the logits or of the residual
    const bytes = tape + Math.max(adding, 8 * row + 8 * row);
    await model.backward(run, { ...options, budget: bytes });
    const less = model.backward(run, { ...options, budget: bytes - 1 });
    await assert.rejects(less, { code: "ERR_BUDGET", message: new RegExp(`got ${bytes} for`) });
    const earlier = { ...options, at: "blocks.0.hook_resid_pre", budget: bytes };
    await assert.rejects(model.backward(run, earlier), { code: "ERR_BUDGET" });
    run.dispose();
  });

  it("goes through prompts that enter the model in several pieces", async () => {
    const model = await open("llama3");
    const nTokens = 301; // pieces have 256
    const ids = Array.from({ length: nTokens }, (_, i) => (i * 7) % 60);
    const run = await model.run(ids);
    const done: number[] = [];
    const site = "blocks.0.hook_resid_post";
    const found = await model.backward(run, {
      of: METRIC,
      at: site,
      onProgress: ({ stage, done: now }) => stage === "prefill" && done.push(now),
    });
    assert.deepEqual(done, [256, 300, 301]);
    const gradient = gradientOf(found, site);
    const direction = Float64Array.from(new Seeded(11).floats(gradient.data.length));
    const moved = (by: number) => {
      const data = direction.map((d) => d * by);
      return measured(model, ids, [add(site, new Tensor(data, gradient.shape, gradient.dims))]);
    };
    const wanted = ((await moved(STEP)) - (await moved(-STEP))) / (2 * STEP);
    const got = inner(gradient.data, direction);
    assert.ok(largest(gradient.row(3).data) > 0 && largest(gradient.row(280).data) > 0);
    assert.ok(
      Math.abs(got - wanted) < 1e-6 * (1 + Math.hypot(...gradient.data)),
      `${got}, ${wanted}`,
    );
  });

  it("goes through packed weights", async () => {
    for (const folder of ["../formats/gpt_oss_mxfp4", "../formats/fp8_ragged"]) {
      const models = [await open(folder, "cpu"), await open(folder)];
      const found = [];
      for (const model of models) {
        const run = await model.run([3, 4, 5, 6, 7]);
        found.push(
          gradientOf(await model.backward(run, { of: METRIC, at: "hook_embed" }), "hook_embed")
            .data,
        );
        run.dispose();
      }
      const [onCpu = [], inFloat64 = []] = found;
      assert.ok(largest(inFloat64) > 0);
      assert.ok(maxDifference(onCpu, inFloat64) < 1e-4 * largest(inFloat64), folder);
    }
  });

  it("refuses by name what has no gradient", async () => {
    const model = await open("deepseek_v32");
    const other = await open("llama3");
    const ids = promptOf("deepseek_v32").slice(0, 4);
    const run = await model.run(ids);
    const called = await model.run(ids, { edits: [change("hook_embed", (value) => value)] });
    const at = "hook_embed";
    const wrong: readonly (readonly [() => Promise<unknown>, string, RegExp])[] = [
      [
        () => model.backward(run, { of: METRIC, at: "blocks.*.attn.hook_topk_indices" }),
        "ERR_GRADIENT",
        /hook_topk_indices/,
      ],
      [
        () => model.backward(run, { of: METRIC, at: "blocks.0.attn.hook_index_scores" }),
        "ERR_GRADIENT",
        /hook_index_scores/,
      ],
      [
        () => model.backward(run, { of: METRIC, at: "blocks.0.attn.hook_index_rot_k" }),
        "ERR_GRADIENT",
        /hook_index_rot_k/,
      ],
      [
        () => model.backward(run, { of: METRIC, at: "**.hook_router_biased" }),
        "ERR_GRADIENT",
        /hook_router_biased/,
      ],
      [() => model.backward(run, { of: METRIC, at: "nowhere" }), "ERR_SITE_UNKNOWN", /nowhere/],
      [() => model.backward(run, { of: METRIC, at: [] }), "ERR_OPTION", /names of sites/],
      [
        () => model.backward(run, { of: (row) => row[0] as number, at }),
        "ERR_OPTION",
        /with a gradient/,
      ],
      [
        () => model.backward(run, { of: logProb(3, { position: 9 }), at }),
        "ERR_SELECTION",
        /position/,
      ],
      [
        () => model.backward(run, { of: Object.assign(() => 0, { gradient: () => [1] }), at }),
        "ERR_OPTION",
        /finite numbers of the metric's gradient.*got 1/,
      ],
      [
        () => model.backward(called, { of: METRIC, at }),
        "ERR_GRADIENT",
        /a function at hook_embed/,
      ],
      [() => other.backward(run, { of: METRIC, at }), "ERR_OPTION", /a run of/],
      [
        () => model.backward(run, { of: METRIC, at, signal: AbortSignal.abort() }),
        "ERR_ABORTED",
        /aborted/,
      ],
    ];
    for (const [call, code, message] of wrong) await assert.rejects(call, { code, message });
  });
});
