import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it, test } from "node:test";
import { readEdits } from "../../engine/act/readEdits.node.ts";
import {
  experts,
  type Generation,
  type Gradients,
  loadModel,
  logitDifference,
  type Model,
  patch,
  type Run,
  type SweepEffects,
} from "../../engine/index.node.ts";
import { writeSafetensors } from "../../engine/weights/writeSafetensors.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import type { Picture } from "../../widgets/index.ts";
import { readPage, runPage } from "../fixtures/pageModule.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const { text: PAGE, blocks: BLOCKS } = readPage("edits.md");

interface Page {
  readonly model: Model;
  readonly prompt: string;
  readonly plain: Run;
  readonly ablated: Run;
  readonly direction: readonly number[];
  readonly other: Run;
  readonly changed: Run;
  readonly routed: Run;
  readonly masked: Run;
  readonly mapped: Run;
  readonly steered: Generation;
  readonly texts: readonly string[];
  readonly dog: Run;
  readonly ofCat: number;
  readonly ofDog: number;
  readonly effects: SweepEffects;
  readonly headEffects: SweepEffects;
  readonly picture: Picture<never>;
  readonly figure: { readonly data: readonly { readonly z: readonly (readonly number[])[] }[] };
  readonly overPairs: SweepEffects;
  readonly onCpu: Model;
  readonly clean: Run;
  readonly corrupted: Run;
  readonly metric: number;
  readonly gradients: Gradients["gradients"];
  readonly estimate: SweepEffects;
  readonly attributions: Float64Array;
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  const centred = (x: ArrayLike<number>) => {
    const mean = Array.from(x).reduce((sum, value) => sum + value, 0) / x.length;
    return Array.from(x, (value) => value - mean);
  };
  const [x, y] = [centred(a), centred(b)];
  return (
    x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0) /
    (Math.hypot(...x) * Math.hypot(...y))
  );
}

describe("docs/edits.md", async () => {
  let page: Page;
  const rowOf = async (run: Run, site: string, ...at: number[]) => [
    ...(await run.get(site)).row(...at).data,
  ];
  const close = (got: readonly number[], wanted: readonly number[], what: string) => {
    assert.equal(got.length, wanted.length, what);
    got.forEach((x, i) => {
      assert.ok(
        x === wanted[i] || Math.abs(x - (wanted[i] ?? Number.NaN)) < 1e-4,
        `${what} ${i}: ${x}, not ${wanted[i]}`,
      );
    });
  };

  it("runs from top to bottom", async (t) => {
    assert.equal(BLOCKS.length, 13);
    page = (await runPage(t, BLOCKS)) as Page;
  });

  it("takes a head out", async () => {
    const { ablated, plain } = page;
    const z = await ablated.get("blocks.3.attn.hook_z");
    for (let t = 0; t < ablated.tokens.length; t++) {
      assert.ok(z.row(t, 2).data.every((x) => x === 0));
      assert.ok(z.row(t, 1).data.some((x) => x !== 0));
    }
    const [record] = ablated.edits;
    assert.deepEqual(record, {
      edit: { kind: "zero", site: "blocks.3.attn.hook_z", head: 2 },
      positions: [0, ablated.tokens.length],
      columns: z.row(0, 2).data.length,
    });
    assert.notDeepEqual(ablated.logits.data, plain.logits.data);
    assert.deepEqual(plain.edits, []);
  });

  it("changes numbers of sites as its table says", async () => {
    const { model, changed, plain, other, direction } = page;
    const mid = "blocks.1.hook_resid_mid";
    const dot = (row: readonly number[]) =>
      row.reduce((sum, x, i) => sum + x * (direction[i] ?? 0), 0);
    for (let t = 0; t < plain.tokens.length; t++) {
      assert.ok(Math.abs(dot(await rowOf(changed, mid, t))) < 1e-3, `${t} along the direction`);
    }
    assert.ok(Math.abs(dot(await rowOf(plain, mid, 3))) > 0.1);
    close(await rowOf(changed, "blocks.2.ln1.hook_normalized", 0), direction, "replaced");
    close(
      await rowOf(changed, "blocks.2.hook_resid_mid", 3),
      await rowOf(other, "blocks.2.hook_resid_mid", 2),
      "patched",
    );
    const rows = await Promise.all(
      [plain, other].flatMap((run) =>
        run.tokens.map((_, t) => rowOf(run, "blocks.4.hook_mlp_out", t)),
      ),
    );
    const average = direction.map(
      (_, i) => rows.reduce((sum, row) => sum + (row[i] ?? 0), 0) / rows.length,
    );
    close(await rowOf(changed, "blocks.4.hook_mlp_out", 1), average, "mean");
    const sites = changed.edits.map(({ edit }) => (edit as { site?: string }).site);
    for (let layer = 0; layer < model.record.nLayers; layer++)
      assert.ok(sites.includes(`blocks.${layer}.hook_mlp_out`));
    const sum = (a: readonly number[], b: readonly number[]) => a.map((x, i) => x + (b[i] ?? 0));
    const added = async (layer: number, t: number) =>
      sum(
        await rowOf(changed, `blocks.${layer}.hook_resid_mid`, t),
        await rowOf(changed, `blocks.${layer}.hook_mlp_out`, t),
      );
    const last = plain.tokens.length - 1;
    close(
      await rowOf(changed, "blocks.4.hook_resid_post", last),
      sum(await added(4, last), direction),
      "added",
    );
    for (const [t, factor] of [1, 0.5, 0.5, 1].entries())
      close(
        await rowOf(changed, "blocks.5.hook_resid_post", t),
        (await added(5, t)).map((x) => factor * x),
        `scaled ${t}`,
      );
  });

  it("forces, forbids, moves, counts and levels experts", async () => {
    const { routed, plain, model } = page;
    const chosen = (run: Run, layer: number, t: number) =>
      rowOf(run, `blocks.${layer}.mlp.hook_expert_indices`, t);
    const T = plain.tokens.length;
    for (let t = 0; t < T; t++) {
      assert.ok((await chosen(routed, 2, t)).includes(3), `forced at ${t}`);
      assert.equal((await chosen(routed, 4, t)).length, 1);
      const shares = await rowOf(routed, "blocks.5.mlp.hook_expert_weights", t);
      assert.equal(shares.length, model.record.nExpertsPerToken);
      assert.equal(new Set(shares).size, 1);
    }
    assert.ok(!(await chosen(routed, 3, T - 1)).includes(7));
    const biased = await rowOf(routed, "blocks.3.mlp.hook_router_biased", 1);
    const above = [
      experts({ layer: 1, position: [0, 2] }).count(3),
      experts({ layer: 2 }).force([3]),
    ];
    const before = await model.run(page.prompt, { edits: above });
    const unbiased = await rowOf(before, "blocks.3.mlp.hook_router_biased", 1);
    close(
      biased,
      unbiased.map((x, expert) => (expert === 1 ? x - 0.5 : x)),
      "biased",
    );
    before.dispose();
  });

  it("gives heads other patterns and scores", async () => {
    const { mapped, plain, other } = page;
    const last = plain.tokens.length - 1;
    const previous = await mapped.get("blocks.1.attn.hook_pattern", { head: 0 });
    plain.tokens.forEach((_, query) => {
      const row = [...previous.row(query).data];
      assert.equal(row[Math.max(0, query - 1)], 1);
      assert.equal(
        row.reduce((a, b) => a + b, 0),
        1,
      );
    });
    const blind = await mapped.get("blocks.2.attn.hook_pattern", { head: 1, query: last });
    assert.ok(blind.data.every((x) => x === 0));
    const patched = await mapped.get("blocks.4.attn.hook_pattern", { head: 2, query: 5 });
    const source = await other.get("blocks.4.attn.hook_pattern", { head: 2, query: 5 });
    close([...patched.data].slice(0, 6), [...source.data].slice(0, 6), "patched");
  });

  it("masks a head, hides a key, warms a softmax and shifts positions", async () => {
    const { masked, plain, model } = page;
    const z = await masked.get("blocks.4.attn.hook_z");
    const pattern = await masked.get("blocks.4.attn.hook_pattern");
    for (let t = 0; t < plain.tokens.length; t++) assert.ok(z.row(t, 1).data.every((x) => x === 0));
    assert.equal(pattern.at(2, 3, 1), 0);
    assert.ok(pattern.at(2, 3, 0) > 0 && pattern.at(1, 3, 1) > 0);
    const shifted = await model.run(page.prompt, { edits: [{ kind: "shiftPositions", by: 16 }] });
    const scores = await rowOf(shifted, "blocks.4.attn.hook_attn_scores", 3, 5);
    const weights = scores.map((x) => Math.exp(x / 2));
    const total = weights.reduce((sum, x) => sum + x, 0);
    close(
      [...pattern.row(3, 5).data],
      weights.map((x) => x / total),
      "warmed",
    );
    const turned = await shifted.get("blocks.0.attn.hook_rot_q");
    assert.deepEqual((await masked.get("blocks.0.attn.hook_rot_q")).data, turned.data);
    assert.notDeepEqual((await plain.get("blocks.0.attn.hook_rot_q")).data, turned.data);
    shifted.dispose();
  });

  it("steers a generation, and leaves its prompt alone", async () => {
    const { steered, model, prompt, plain, texts } = page;
    const free = model.generate(prompt, { maxTokens: 8 });
    for await (const _ of free);
    const ids = (run: Run) => run.tokens.map(({ id }) => id);
    assert.notDeepEqual(ids(steered.run), ids(free.run));
    assert.equal(texts.join(""), steered.text);
    const site = "blocks.4.hook_resid_post";
    const T = plain.tokens.length;
    for (let t = 0; t < T; t++)
      assert.deepEqual(await rowOf(steered.run, site, t), await rowOf(plain, site, t));
  });

  it("sweeps patches over layers and positions, zeros over heads, and pairs", async () => {
    const { effects, headEffects, picture, figure, overPairs, model, dog, ofCat, ofDog } = page;
    const { nLayers, nHeads } = model.record;
    const prompt = "The cat sat on the";
    const of = (run: Run) => run.logits.at(0, ofDog) - run.logits.at(0, ofCat);
    const before = await model.run(prompt);
    assert.equal(effects.baseline, of(before));
    assert.deepEqual(effects.effects.shape, [nLayers, 6]);
    const after = await model.run(prompt, {
      edits: [
        {
          kind: "patch",
          site: "blocks.2.hook_resid_pre",
          position: 2,
          value: await rowOf(dog, "blocks.2.hook_resid_pre", 2),
        },
      ],
    });
    assert.equal(effects.effects.at(2, 2), of(after) - of(before));
    assert.ok(effects.effects.at(0, 2) > 0); // a dog in the cat's place
    assert.equal(effects.effects.at(3, 1), 0); // both begin alike
    assert.deepEqual(headEffects.effects.shape, [2, nHeads]);
    assert.ok(headEffects.effects.data.every((nats) => nats > 0));
    const [{ z } = { z: [] }] = figure.data;
    assert.deepEqual(z.flat(), [...effects.effects.data]);
    assert.deepEqual(effects.axes[1]?.tokens.slice(1, 3), ["The", " cat"]);
    assert.match(await picture.toSvg(), /position across/);
    assert.match(`${effects}`, /layer \d, position 2 " cat": [+-]/);
    const { interval, p } = overPairs;
    assert.deepEqual(overPairs.effects.shape, [nLayers, 2]);
    assert.deepEqual(interval?.low.shape, [nLayers, 2]);
    assert.ok(p?.data.every((x) => x >= 2 / 2 ** 3 && x <= 1));
    before.dispose();
    after.dispose();
  });

  it("takes gradients, estimates the sweep with them, and integrates them", async () => {
    const { onCpu, clean, corrupted, metric, gradients, estimate, attributions } = page;
    const { ofCat, ofDog } = page;
    const { nLayers, nHeads } = onCpu.record;
    const { dModel } = onCpu.spec;
    assert.ok(Math.abs(metric - page.effects.baseline) < 1e-4);
    assert.equal(gradients.size, nLayers + 1);
    assert.deepEqual(gradients.get("blocks.3.hook_resid_pre")?.shape, [6, dModel]);
    assert.deepEqual(gradients.get("blocks.2.attn.hook_pattern")?.shape, [nHeads, 6, 6]);
    const effects = await onCpu.sweep("The cat sat on the", {
      grid: { site: "blocks.{layer}.attn.hook_z", over: ["layer", "head"] },
      edit: ({ site, head }) => patch(site, clean, { head }),
      metric: logitDifference(ofDog, ofCat),
    });
    const agreement = correlation(estimate.effects.data, effects.effects.data);
    assert.equal(agreement.toFixed(2), /correlate with their effects by ([\d.]+)/.exec(PAGE)?.[1]);
    const ofWord = await onCpu.attributionPatching(clean, corrupted, {
      grid: { site: "blocks.{layer}.hook_resid_pre", over: ["layer", "position"] },
      metric: logitDifference(ofDog, ofCat),
    });
    for (let layer = 0; layer < nLayers; layer++) {
      assert.ok(page.effects.effects.at(layer, 2) > 0);
      assert.equal(ofWord.effects.at(layer, 2) > 0, layer === nLayers - 1); // the sign that the page tells of
    }
    const of = ({ logits }: Run) => logits.at(0, ofDog) - logits.at(0, ofCat);
    const difference = of(corrupted) - of(clean);
    const sum = attributions.reduce((a, b) => a + b, 0);
    assert.ok(Math.abs(sum - difference) < 0.15 * Math.abs(difference), `${sum} of ${difference}`);
  });

  it("refuses what it lists as not to be edited", async () => {
    const { model, prompt } = page;
    const sparse = await loadModel(inRepository("test/fixtures/hf-random/deepseek_v32"));
    const [, list = ""] = PAGE.split("## What cannot be edited");
    const names = [...list.matchAll(/^- (.*?): /gm)].flatMap(([, names = ""]) =>
      [...names.matchAll(/`(hook_\w+)`/g)].map(([, name = ""]) => name),
    );
    assert.equal(names.length, 9);
    for (const name of names) {
      const one = name.includes("index_scores") || name.includes("topk") ? sparse : model;
      const site = one
        .sites()
        .find(
          (each) => each.name.endsWith(`.1.attn.${name}`) || each.name.endsWith(`.1.mlp.${name}`),
        );
      assert.ok(site !== undefined, name);
      const input = one === sparse ? [3, 1, 4] : prompt;
      await assert.rejects(one.run(input, { edits: [{ kind: "zero", site: site.name }] }), {
        code: "ERR_EDIT",
      });
    }
    sparse.dispose();
    model.dispose();
  });
});

test("the file of docs/edits.md is one that is read and run", async (t) => {
  const model = await loadModel("tiny");
  t.after(() => model.dispose());
  const folder = await temporaryFolder(t);
  const [, json = ""] = /```json\n([\s\S]*?)```/.exec(PAGE) ?? [];
  writeFileSync(join(folder, "edits.json"), json);
  const { dModel } = model.record;
  const calm = Float32Array.from({ length: dModel }, (_, i) => Math.cos(i));
  const vector = { name: "calm", dtype: "F32", shape: [dModel], data: () => calm } as const;
  const size = 12;
  const cells = Float32Array.from({ length: size * size }, (_, i) => Number(i % size === 0));
  const map = { name: "map", dtype: "F32", shape: [size, size], data: () => cells } as const;
  await writeSafetensors(join(folder, "vectors.safetensors"), [vector, map]);
  const edits = await readEdits(join(folder, "edits.json"));
  const run = await model.run(
    Array.from({ length: size }, (_, i) => 20 + i),
    { edits },
  );
  assert.deepEqual(
    run.edits.map(({ edit }) => edit.kind),
    ["zero", "add", "experts", "heads", "heads", "shiftPositions"],
  );
  assert.equal((await run.get("blocks.4.attn.hook_pattern")).at(1, 10, 3), 0);
});
