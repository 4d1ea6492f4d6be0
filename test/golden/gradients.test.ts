import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { editedModel } from "../../engine/act/editedModel.ts";
import { refusal } from "../../engine/act/editTarget.ts";
import {
  add,
  change,
  type EditRequest,
  experts,
  type Gradients,
  heads,
  logitDifference,
  logProb,
  type Model,
  patch,
  project,
  type Run,
  replace,
  type SweepMetric,
  scale,
  Tensor,
  zero,
} from "../../engine/index.ts";
import { isDraftValue } from "../../engine/plan/planMtp.ts";
import { readGolden } from "../../scripts/accuracy/golden.ts";
import { maxDifference } from "../../scripts/accuracy/siteErrors.ts";
import { Seeded } from "../differential/cases/seeded.ts";
import { mlaOf } from "../fixtures/layers.ts";
import { FIXTURES, fixtureFolder, MIXED, openModel, promptOf } from "./openModel.ts";

const METRIC = logitDifference(7, 31);
const STEP = 1e-5;

const opened: Promise<Model>[] = [];
const byName = new Map<string, Promise<Model>>();
after(async () => {
  for (const model of opened) (await model).dispose();
});
function open(folder: string, backend: "reference" | "cpu" = "reference"): Promise<Model> {
  const key = `${folder} ${backend}`;
  const known =
    byName.get(key) ?? openModel(backend, fixtureFolder(folder)).then(({ model }) => model);
  if (!byName.has(key)) opened.push(known);
  byName.set(key, known);
  return known;
}

const largest = (data: ArrayLike<number>): number =>
  maxDifference(data, new Float64Array(data.length));

function gradientOf({ gradients }: Gradients, site: string): Tensor<Float64Array> {
  const gradient = gradients.get(site);
  assert.ok(gradient, site);
  return gradient;
}

function inner(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** The metric of a run with edits. */
async function measured(
  model: Model,
  ids: readonly number[],
  edits: readonly EditRequest[],
  metric: SweepMetric = METRIC,
) {
  const run = await model.run([...ids], {
    edits,
    logits: [metric.position ?? -1],
    keep: "nothing",
  });
  const value = await metric(run.logits.data);
  run.dispose();
  return value;
}

describe("gradients of every architecture against torch", () => {
  for (const backend of ["reference", "cpu"] as const)
    for (const fixture of FIXTURES)
      it(`${fixture} on ${backend}`, async () => {
        const { ids, sites } = await readGolden(
          `${fixtureFolder(fixture)}gradients.golden.safetensors`,
        );
        const model = await open(fixture, backend);
        const [a = 0, b = 0] = sites.get("tokens")?.data ?? [];
        const names = [...sites.keys()].filter((name) => name.includes("hook_"));
        assert.equal(names.length, model.spec.nLayers + 1);
        const run = await model.run([...ids]);
        const found = await model.backward(run, { of: logitDifference(a, b), at: names });
        assert.ok(Math.abs(found.metric - (sites.get("metric")?.data[0] ?? Number.NaN)) < 1e-4);
        for (const name of names) {
          const wanted = sites.get(name)?.data ?? [];
          const { data } = gradientOf(found, name);
          const error = maxDifference(data, wanted) / largest(wanted);
          assert.ok(error < 1e-4, `${name}: ${error} of the largest`);
        }
        run.dispose();
      });
});

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
    const ofLogits = { of: METRIC, at: "hook_logits" }; // takes nothing of the forward pass
    const bytes = 8 * run.tokens.length * model.spec.nVocab;
    await model.backward(run, { ...ofLogits, budget: bytes });
    const less = model.backward(run, { ...ofLogits, budget: bytes - 1 });
    await assert.rejects(less, { code: "ERR_BUDGET", message: new RegExp(`got ${bytes} for`) });
    model.freeIdle();
    assert.deepEqual(model.deviceMemory(), before);
    run.dispose();
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
