import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { compileEdits } from "../../engine/act/compileEdits.ts";
import type { EditRequest } from "../../engine/act/edit.ts";
import { editedModel } from "../../engine/act/editedModel.ts";
import { editJson } from "../../engine/act/editJson.ts";
import {
  add,
  experts,
  heads,
  mean,
  patch,
  project,
  replace,
  scale,
  shiftPositions,
  zero,
} from "../../engine/act/edits.ts";
import { checkRequests, resolveEdits } from "../../engine/act/resolveEdits.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import type { MoeSpec } from "../../engine/model/spec.ts";
import { uniformForm } from "../../engine/plan/attentionForm.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import type { AttentionForm } from "../../engine/plan/plan.ts";
import { specialise } from "../../engine/plan/specialise.ts";
import { Tensor } from "../../engine/tensor/tensor.ts";
import { feedForwardsOf, gqaOf, mlaOf } from "../fixtures/layers.ts";

const readSpec = (folder: string) =>
  normalizeConfig(
    JSON.parse(readFileSync(new URL(`../../${folder}/config.json`, import.meta.url), "utf8")),
  );
const TINY = editedModel(readSpec("models/tiny"));
const GPT2 = editedModel(readSpec("test/fixtures/hf-random/gpt2"));
const LENGTH = { nPrompt: 8, capacity: 8 };
const { dModel } = TINY.spec;

async function compiled(requests: readonly EditRequest[], model = TINY, length = LENGTH) {
  return compileEdits(await resolveEdits(requests, model), model, length);
}

/** A run whose site holds its row's number everywhere. */
const otherRun = (nTokens: number, width = dModel) => ({
  tokens: Array.from({ length: nTokens }),
  get: async () =>
    new Tensor(
      Float32Array.from({ length: nTokens * width }, (_, i) => Math.floor(i / width)),
      [nTokens, width],
      ["T", "M"],
    ),
});

/** A run whose maps of two heads hold their head's number and the query's. */
const otherMaps = (nTokens: number) => ({
  tokens: Array.from({ length: nTokens }),
  get: async () =>
    new Tensor(
      Float32Array.from({ length: 2 * nTokens * nTokens }, (_, i) => Math.floor(i / nTokens)),
      [2, nTokens, nTokens],
      ["H", "T", "S"],
    ),
});

const REFUSED: readonly (readonly [EditRequest | object, RegExp])[] = [
  [{ kind: "zeroo", site: "hook_embed" }, /kind of edit .* got "zeroo". Did you mean zero\?/],
  [{ kind: "zero" }, /name of a site as site, got nothing/],
  [{ kind: "zero", site: "hook_embed", positon: 3 }, /got "positon". Did you mean position\?/],
  [zero("blocks.9.hook_resid_post"), /site: expected a name or glob .* Did you mean blocks/],
  [zero("blocks.0.hook_resid_post", { head: 1 }), /no head for a site without heads/],
  [zero("blocks.0.attn.hook_z", { head: 4 }), /a head from 0 to 3/],
  [zero("blocks.0.attn.hook_pattern", { head: 4 }), /a head from 0 to 3/],
  [
    replace("blocks.0.attn.hook_attn_scores", [1, Infinity]),
    /no Infinity, got Infinity. A score may be -Infinity/,
  ],
  [
    replace("blocks.0.attn.hook_pattern", new Array(9).fill(0)),
    /one row of 1 to 8 keys, or 8 of them, got 1 of 9/,
  ],
  [
    replace("blocks.0.attn.hook_pattern", new Tensor(new Float32Array(64), [1, 8, 8])),
    /got \(1, 8, 8\). .* give one head's, with head/,
  ],
  [
    mean("blocks.0.attn.hook_pattern", { over: [otherMaps(3), otherMaps(4)] }),
    /runs of as many tokens each, for the mean of a map, got 3, 4/,
  ],
  [
    mean("blocks.0.attn.hook_pattern", { over: [otherMaps(3)], position: 3 }),
    /positions from 0 to 2, which the mean of a map has rows for, got 3/,
  ],
  [zero("blocks.0.attn.hook_k"), /edit blocks\.0\.attn\.hook_kv_latent/],
  [zero("blocks.1.mlp.hook_router_scores"), /Nothing reads it again; use experts/],
  [zero("mtp.0.hook_resid_post"), /draft module proposes tokens/],
  [zero("hook_embed", { position: 8 }), /positions from -8 to 7, got 8/],
  [zero("hook_embed", { position: [7, 9] }), /positions from -8 to 7, got \[7, 9\)/],
  [zero("hook_embed", { position: [5, 5] }), /position, \[from, to\)/],
  [zero("hook_embed", { position: "generated" }), /a run, which generates nothing/],
  [scale("hook_embed", Number.NaN), /finite number as factor/],
  [add("hook_embed", [1, 2, 3]), /expected 192 numbers, or 8 rows of 192, got 3 numbers/],
  [add("hook_embed", [1, 2, 3], { position: 2 }), /expected 192 numbers, got 3 numbers/],
  [replace("hook_embed", Number.NaN), /none of them NaN/],
  [project("hook_embed", 0), /a direction that is not zero/],
  [
    patch("hook_embed", otherRun(3), { from: [0, 1], to: [2] }),
    /as many positions in to as in from/,
  ],
  [
    patch("hook_embed", otherRun(3), { from: [3], to: [2] }),
    /positions of the other run from 0 to 2/,
  ],
  [mean("hook_embed", { over: [] }), /a list of runs as over/],
  [{ kind: "experts", layer: 2 }, /one of force, forbid, bias, count, weights/],
  [experts({ layer: 0 }).force([3]), /a layer with routed experts \(1, 2, 3, 4, 5\), got layer 0/],
  [experts({ layer: 2 }).force([16]), /experts from 0 to 15, got 16/],
  [experts({ layer: 2 }).force([1, 2, 3]), /at most 2 forced experts/],
  [experts({ layer: 2 }).count(17), /a count from 1 to/],
  [{ kind: "experts", layer: 2, force: [1, 2], count: 1, position: 3 }, /at most 1 forced/],
  [{ kind: "experts", layer: 2, force: [1], forbid: [1] }, /one change of expert 1/],
  [heads({ layer: 6, head: 0 }).mask(), /a layer from 0 to 5/],
  [heads({ layer: 0, head: 4 }).mask(), /a head from 0 to 3/],
  [heads({ layer: 0, head: 0 }).edge(2, 3), /the key at the query's position or before/],
  [heads({ layer: 0, head: 0 }).edge(8, 3), /a query from 0 to 7/],
  [
    heads({ layer: 0, head: 0, position: [2, 4] }).pattern([[1], [1], [1]]),
    /one row of 1 to 8 keys, or 2 of them, got 3 of 1/,
  ],
  [heads({ layer: 0, head: 0 }).pattern(1), /rows of numbers, or a Tensor/],
  [heads({ layer: 0, head: 0, position: 3 }).temperature(2), /beside mask or pattern alone/],
  [heads({ layer: 0, head: 0 }).temperature(0), /a number above 0 as temperature/],
  [shiftPositions(0), /a whole number from 1 as by/],
  [shiftPositions(TINY.spec.contextLength), /a shift of at most/],
];

describe("edits that are refused", () => {
  for (const [edit, message] of REFUSED)
    it(`${JSON.stringify(edit)}`.slice(0, 90), async () => {
      await assert.rejects(compiled([edit as EditRequest]), (error: Error) => {
        assert.match(error.message, message);
        return true;
      });
    });

  it("two of the same numbers, unless the later says after", async () => {
    const two = [zero("blocks.1.hook_resid_pre"), scale("blocks.0.hook_resid_post", 2)];
    await assert.rejects(
      compiled(two),
      /edits\[1\]: expected other numbers than edits\[0\] changes/,
    );
    const ordered = [two[0] as EditRequest, scale("blocks.0.hook_resid_post", 2, { after: true })];
    assert.equal((await compiled(ordered)).changes.values.length, 2);
    await compiled([
      zero("blocks.1.hook_resid_pre", { position: 1 }),
      zero("blocks.1.hook_resid_pre", { position: 2 }),
    ]);
    const heads12 = [1, 2].map((head) => zero("blocks.1.attn.hook_z", { head }));
    await compiled(heads12);
    await assert.rejects(
      compiled([...heads12, heads({ layer: 1, head: 2 }).mask()]),
      /ERR_EDIT|edits/,
    );
  });

  it("whatever can be seen without numbers, before anything runs", () => {
    assert.throws(() => checkRequests([zero("hook_embed", { head: 0 })], TINY), /without heads/);
    assert.throws(() => checkRequests({} as never, TINY), /a list of edits/);
  });
});

describe("edits in terms of the plan", () => {
  it("take a glob for every site that can be edited", async () => {
    const { changes } = await compiled([scale("blocks.*.hook_mlp_out", 0.5)]);
    assert.deepEqual(
      changes.values.map(({ value }) => value),
      [0, 1, 2, 3, 4, 5].map((layer) => `blocks.${layer}.hook_mlp_out`),
    );
  });

  it("find the numbers that a cache gets, and a head's columns", async () => {
    const { changes } = await compiled([zero("blocks.2.attn.hook_kv_latent")]);
    assert.deepEqual(
      changes.values.map(({ value, columnStart, columnCount }) => [
        value,
        columnStart,
        columnCount,
      ]),
      [["blocks.2.attn.latent", 0, mlaOf(TINY.spec).kvLoraRank]],
    );
    const gpt2 = await compiled([zero("blocks.1.attn.hook_v", { head: 2 })], GPT2);
    const { dHead } = gqaOf(GPT2.spec);
    assert.deepEqual(
      gpt2.changes.values.map(({ value, columnStart, columnCount }) => [
        value,
        columnStart,
        columnCount,
      ]),
      [["blocks.1.attn.hook_v", 2 * dHead, dHead]],
    );
  });

  it("put another run's rows in their places", async () => {
    const { changes, touched } = await compiled([
      patch("blocks.2.hook_resid_mid", otherRun(6), { from: [5, 1, 2], to: [7, 3, 2] }),
    ]);
    assert.deepEqual(
      touched.map(({ span }) => span),
      [
        { start: 2, end: 4 },
        { start: 7, end: 8 },
      ],
    );
    const rows = [...changes.rows.values()].map(({ data }) => [...data]);
    assert.deepEqual(rows, [
      [-1, -1, 0, 1, -1, -1, -1, -1],
      [-1, -1, -1, -1, -1, -1, -1, 0],
    ]);
    const firsts = [...changes.constants.values()].map(({ shape, data }) =>
      Array.from({ length: shape[0] ?? 0 }, (_, i) => data[i * dModel]),
    );
    assert.deepEqual(firsts, [[2, 1], [5]]);
  });

  it("average over the tokens of runs", async () => {
    const { changes } = await compiled([mean("hook_embed", { over: [otherRun(3), otherRun(5)] })]);
    const [constant] = changes.constants.values();
    assert.equal(constant?.data[0], (0 + 1 + 2 + (0 + 1 + 2 + 3 + 4)) / 8);
  });

  it("take maps head by head, and keep them", async () => {
    const scores = "blocks.1.attn.hook_attn_scores";
    const pattern = "blocks.1.attn.hook_pattern";
    const { changes, kept, touched } = await compiled([
      patch(scores, otherMaps(8), { head: 1, from: [5], to: [7] }),
      mean(pattern, { over: [otherMaps(3), otherMaps(3)] }),
      heads({ layer: 1, head: 2, position: [2, 4] }).pattern([[1], [0.5]]),
    ]);
    assert.deepEqual(
      changes.maps.map(({ map, headStart, headCount, values }) => [
        map,
        headStart,
        headCount,
        changes.constants.get(values ?? "")?.shape,
      ]),
      [
        ["scores", 1, 1, [1, 8]],
        ["pattern", 0, 1, [3, 3]],
        ["pattern", 1, 1, [3, 3]],
        ["pattern", 2, 1, [2, 1]],
      ],
    );
    assert.deepEqual(
      [...(changes.constants.get("edits.0.values")?.data ?? [])],
      new Array(8).fill(13),
    );
    assert.deepEqual(
      [...changes.rows.values()].map(({ data }) => [...data]),
      [
        [-1, -1, -1, -1, -1, -1, -1, 0],
        [0, 1, 2, -1, -1, -1, -1, -1],
        [0, 1, 2, -1, -1, -1, -1, -1],
        [-1, -1, 0, 1, -1, -1, -1, -1],
      ],
    );
    assert.deepEqual(kept, [scores, pattern]);
    assert.deepEqual(
      touched.map(({ nColumns }) => nColumns),
      [8, 8, 8, 8],
    );
    const whole = heads({ layer: 0, head: 0 }).pattern([[1], [1]]);
    const generating = await compiled([whole], TINY, { nPrompt: 2, capacity: 5 });
    assert.deepEqual(
      [...(generating.changes.rows.get("edits.0.rows")?.data ?? [])],
      [0, 1, -1, -1, -1],
    );
    await assert.rejects(
      compiled([zero(pattern), scale(pattern, 2, { head: 1 })]),
      /other numbers than/,
    );
  });

  it("let positions choose different numbers of experts", async () => {
    const { changes, spec, touched } = await compiled([
      experts({ layer: 2, position: [0, 4] }).count(1),
      experts({ layer: 2, position: 6 }).count(4),
      experts({ layer: 2 }).weights("uniform"),
      experts({ layer: 3 }).count(1),
    ]);
    assert.deepEqual(
      [2, 3].map((layer) => (feedForwardsOf(spec)[layer] as MoeSpec).nExpertsPerToken),
      [4, 1],
    );
    assert.deepEqual(changes.routes, [
      { layer: 2, adjust: null, counts: "edits.experts.2.counts" },
    ]);
    assert.deepEqual(
      [...(changes.rows.get("edits.experts.2.counts")?.data ?? [])],
      [1, 1, 1, 1, 2, 2, 4, 2],
    );
    assert.deepEqual(
      changes.values.map(({ action, columnCount }) => [action, columnCount]),
      [1, 2, 4, 2].map((count) => ["average", count]),
    );
    assert.deepEqual(touched[2]?.span, { start: 0, end: 8 });
    const twice = [1, 2].map((count) => experts({ layer: 2, position: count }).count(count));
    await compiled(twice);
    await assert.rejects(
      compiled([...twice, experts({ layer: 2 }).count(1)]),
      /one count for each position of layer 2, got another in edits\[0\]/,
    );
    const { changes: both } = await compiled([
      experts({ layer: 2, position: 1 }).count(1),
      experts({ layer: 2, position: 1 }).force([3]),
    ]);
    assert.deepEqual(
      both.routes.map(({ adjust, counts }) => [adjust?.rows, counts]),
      [["edits.experts.2.rows", "edits.experts.2.counts"]],
    );
  });

  it("join the changes of one router at each position", async () => {
    const { changes } = await compiled([
      experts({ layer: 2, position: [0, 4] }).force([3]),
      experts({ layer: 2, position: [2, 8] }).bias(7, -0.5),
    ]);
    assert.deepEqual(
      [...(changes.rows.get("edits.experts.2.rows")?.data ?? [])],
      [0, 0, 1, 1, 2, 2, 2, 2],
    );
    const adjust = changes.constants.get("edits.experts.2.adjust");
    assert.deepEqual(adjust?.shape, [3, 16]);
    const at = (row: number, expert: number) => adjust?.data[row * 16 + expert];
    assert.deepEqual(
      [at(0, 3), at(0, 7), at(1, 3), at(1, 7), at(2, 3), at(2, 7)],
      [Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY, -0.5, 0, -0.5],
    );
  });

  it("mask edges by the bit", async () => {
    const long = { nPrompt: 40, capacity: 40 };
    const { changes } = await compiled(
      [
        heads({ layer: 1, head: 2 }).edge(35, 33),
        heads({ layer: 1, head: 2 }).edge(35, 0),
        heads({ layer: 1, head: 0 }).edge(3, 1),
      ],
      TINY,
      long,
    );
    const { rows, bits, words } = changes.masks.get("edits.heads.1.mask") ?? {};
    assert.deepEqual(
      [rows?.width, rows?.data[35 * 4 + 2], rows?.data[3 * 4], rows?.data[0]],
      [4, 0, 1, -1],
    );
    assert.equal(words, 2);
    assert.deepEqual([...(bits ?? [])], [1, 2, 2, 0]);
  });

  it("read back from JSON to the same edit", () => {
    const edit = replace("hook_embed", new Tensor(Float32Array.of(1, 2, 3, 4), [2, 2]), {
      position: [0, 2],
    });
    assert.deepEqual(JSON.parse(JSON.stringify(editJson(edit))), {
      kind: "replace",
      site: "hook_embed",
      value: [
        [1, 2],
        [3, 4],
      ],
      position: [0, 2],
    });
    const map = heads({ layer: 2, head: 1 }).pattern(
      new Tensor(Float32Array.of(1, 0, 0.5, 0.5), [2, 2]),
    );
    assert.deepEqual(JSON.parse(JSON.stringify(editJson(map))).pattern, [
      [1, 0],
      [0.5, 0.5],
    ]);
    const plain = experts({ layer: 2 }).bias(7, -0.5);
    assert.deepEqual(JSON.parse(JSON.stringify(editJson(plain))), plain);
  });
});

describe("a specialised plan", () => {
  it("has whoever reads a changed value read what the last edit left", async () => {
    const { changes, observed } = await compiled([
      scale("blocks.1.hook_attn_out", 2),
      add("blocks.1.hook_attn_out", 1, { after: true }),
    ]);
    const plain = compilePlan(TINY.spec, { observed });
    const plan = specialise(plain, changes);
    assert.equal(plan.ops.length, plain.ops.length + 2);
    const name = "blocks.1.hook_attn_out";
    const chain = plan.ops.filter(({ inputs, outputs }) =>
      [...inputs, ...outputs].some((value) => value.split("#")[0] === name),
    );
    assert.deepEqual(
      chain.map(({ operator, outputs }) => [operator.kind, outputs.join()]),
      [
        ["matmul", `${name}#0`],
        ["edit", `${name}#1`],
        ["edit", name],
        ["add", "blocks.1.hook_resid_mid"],
      ],
    );
    assert.deepEqual(plan.values.get(`${name}#1`)?.shape, ["T", dModel]);
    assert.equal(plan.values.get("edits.1.values")?.role, "constant");
    assert.equal(plan.values.get("edits.1.rows")?.role, "input");
  });

  it("takes the attention apart whose maps are changed", async () => {
    const kinds = async (requests: readonly EditRequest[], form?: AttentionForm) => {
      const { changes, observed } = await compiled(requests);
      const plain = compilePlan(TINY.spec, { observed, ...(form && { form }) });
      const ops = specialise(plain, changes).ops.filter(({ layer }) => layer === 1);
      const first = ops.findIndex(({ operator }) => operator.kind === "attention");
      const last = ops.findIndex(({ operator }) => operator.kind === "mixValues");
      return ops.slice(first, last + 1).map(({ operator }) => operator.kind);
    };
    const pattern = zero("blocks.1.attn.hook_pattern", { head: 1 });
    const scores = scale("blocks.1.attn.hook_attn_scores", 2, { head: 1 });
    const maps = ["attention", "attentionScores"];
    assert.deepEqual(await kinds([pattern]), [...maps, "editMap", "mixValues"]);
    const absorbed = ["attention", "mlaAbsorbQuery", "attentionScores", "editMap", "mixValues"];
    assert.deepEqual(await kinds([pattern], uniformForm(TINY.spec, "expanded")), absorbed);
    const both = [...maps, "attentionScores", "editMap", "softmax", "editMap", "mixValues"];
    assert.deepEqual(await kinds([pattern, scores]), both);
    assert.deepEqual(await kinds([zero("blocks.0.attn.hook_pattern")]), []);
  });

  it("is the plan itself where nothing changes", async () => {
    const { changes, observed } = await compiled([]);
    const plain = compilePlan(TINY.spec, { observed });
    assert.deepEqual(specialise(plain, changes), plain);
  });
});
