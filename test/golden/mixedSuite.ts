import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import { attentionForm, draftForm } from "../../engine/plan/attentionForm.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import { findSite } from "../../engine/plan/sites/matchSites.ts";
import { siteCatalog } from "../../engine/plan/sites/siteCatalog.ts";
import { MIXED_IDS, MIXED_SPEC } from "../fixtures/mixedModel.ts";
import { assertClose } from "./compare.ts";
import { fixtureFolder, MIXED, openModel } from "./openModel.ts";

const FORM = ["gqa", "gqa", "expanded", "absorbed", "gqa", "absorbed", "gqa", "expanded"];
/** Numbers that a token adds to the cache of each layer. */
const CACHED = [2 * 2 * 8, 2 * 3 * 10, 16 + 4, 6 + 4, 2 * 1 * 12, 16 + 4 + 6, 2 * 2 * 8, 16 + 4];

/** The model whose layers all differ, held to the oracle. */
export function mixedSuite(name: BackendName): void {
  describe(`layers that all differ, on ${name}`, async () => {
    const { model } = await openModel(name, fixtureFolder(MIXED));
    const { model: oracle } = await openModel("reference", fixtureFolder(MIXED));
    after(() => {
      model.dispose();
      oracle.dispose();
    });

    test("have each the form that is cheaper for it, and one table for each rotation", () => {
      assert.deepEqual(attentionForm(MIXED_SPEC, 20), FORM);
      assert.deepEqual(
        attentionForm(MIXED_SPEC, 1),
        FORM.map((form) => (form === "gqa" ? "gqa" : "absorbed")),
      );
      const { ops } = compilePlan(MIXED_SPEC, { form: attentionForm(MIXED_SPEC, 20) });
      const layersWith = (kind: string) =>
        ops.flatMap(({ layer, operator }) => (operator.kind === kind ? [layer] : []));
      assert.deepEqual(layersWith("mlaExpand"), [2, 7]);
      assert.deepEqual(layersWith("mlaAbsorbQuery"), [3, 5]);
      assert.deepEqual(draftForm(MIXED_SPEC, 40), ["expanded"]);
      const tables = [...model.plan.values.values()].filter(({ role }) => role === "table");
      assert.deepEqual(
        tables.map((table) => table.name),
        [0, 1, 2].flatMap((rope) => [`ropes.${rope}.cos`, `ropes.${rope}.sin`]),
      );
    });

    test("give the oracle's logits, patterns and every site, prefilled and token by token", async () => {
      const wanted = await oracle.run(MIXED_IDS, { capture: "**", logits: "all" });
      const run = await model.run(MIXED_IDS, { capture: "**", logits: "all" });
      for (const site of siteCatalog(MIXED_SPEC)) {
        const [got, right] = await Promise.all([run.get(site.name), wanted.get(site.name)]);
        assert.deepEqual(got.shape, right.shape);
        assertClose(got.data, right.data, 1e-4, site.name);
      }
      const stepped = await model.run(MIXED_IDS, { chunkSize: 1, logits: "all" });
      assertClose(stepped.logits.data, wanted.logits.data, 1e-4, "token by token");
      for (const [layer, { attention }] of MIXED_SPEC.layers.entries()) {
        const head = attention.nHeads - 1;
        const tile = await run.attentionTile({ layer, head });
        const pattern = await wanted.get(`blocks.${layer}.attn.hook_pattern`, { head });
        assertClose(tile.weights, pattern.data, 1e-4, `pattern of layer ${layer}`);
        await assert.rejects(run.attentionTile({ layer, head: head + 1 }), {
          code: "ERR_SELECTION",
        });
      }
      for (const each of [wanted, run, stepped]) each.dispose();
    });

    test("cost what each of them costs, estimated and afterwards", async () => {
      const numbers = CACHED.reduce((a, b) => a + b, 0);
      const bytes = name === "reference" ? 8 : 4;
      const run = await model.run(MIXED_IDS);
      const cost = run.cost();
      assert.equal(cost.kvBytesPerToken, numbers * bytes);
      const estimate = model.estimate(MIXED_IDS);
      assert.equal(estimate.cacheBytes, MIXED_IDS.length * numbers * bytes);
      const flops = cost.tokens.reduce((sum, token) => sum + token.flops, 0);
      assert.ok(Math.abs(estimate.flops / flops - 1) < 1e-9, `${estimate.flops} of ${flops}`);
      const stored = [...model.plan.weights.values()].map(({ shape }) =>
        shape.reduce((a, b) => a * b, 1),
      );
      assert.equal(
        cost.totalParameters,
        stored.reduce((a, b) => a + b, 0),
      );
      assert.deepEqual(model.record.headsByLayer, [4, 3, 2, 5, 2, 2, 4, 3]);
      assert.equal(model.record.nHeads, 5);
      run.dispose();
    });

    test("draft tokens with a block that is like none of them", async () => {
      const prompt = MIXED_IDS.slice(0, 12);
      const texts: (readonly number[])[] = [];
      for (const speculate of ["off", "mtp"] as const) {
        const generation = model.generate(prompt, {
          maxTokens: 12,
          ignoreEos: true,
          speculate,
          draftTokens: 2,
        });
        for await (const _ of generation);
        texts.push(generation.run.tokens.map(({ id }) => id));
        generation.run.dispose();
      }
      assert.deepEqual(texts[1], texts[0]);
    });

    test("have sites where they have a meaning", () => {
      const catalog = siteCatalog(MIXED_SPEC);
      assert.ok(findSite("blocks.0.attn.hook_rot_q", catalog));
      assert.throws(() => findSite("blocks.1.attn.hook_rot_q", catalog), {
        code: "ERR_SITE_UNKNOWN",
      });
      assert.throws(() => findSite("blocks.0.attn.hook_kv_latent", catalog), {
        code: "ERR_SITE_UNKNOWN",
      });
      assert.deepEqual(findSite("blocks.3.attn.hook_z", catalog).shape, ["T", 5, 12]);
      assert.throws(() => findSite("blocks.6.hook_resid_post", catalog), {
        code: "ERR_SITE_UNKNOWN",
        message:
          /got "blocks\.6\.hook_resid_post", where there are 3 of them\. Read blocks\.6\.hook_streams_post, \(T, n, M\)/,
      });
      assert.throws(() => findSite("blocks.5.attn_hc.hook_pre", catalog), {
        code: "ERR_SITE_UNKNOWN",
      });
    });

    test("begin with one stream, spread it to three, and read them as one at the end", async () => {
      const run = await model.run(MIXED_IDS, { capture: "**" });
      const read = (site: string) => run.get(site);
      const before = await read("blocks.5.hook_resid_post");
      const entering = await read("blocks.6.hook_streams_pre");
      assert.deepEqual([...entering.shape], [40, 3, 24]);
      for (let t = 0; t < 40; t++)
        for (let j = 0; j < 3; j++)
          assert.deepEqual(entering.row(t, j).data, before.row(t).data, `token ${t}, stream ${j}`);
      const leaving = await read("blocks.6.hook_streams_post");
      assert.deepEqual((await read("blocks.7.hook_streams_pre")).data, leaving.data);

      const comb = await read("blocks.6.mlp_hc.hook_comb");
      for (let t = 0; t < 40; t++)
        for (let k = 0; k < 3; k++) {
          const sum = [0, 1, 2].reduce((all, j) => all + comb.at(t, j, k), 0);
          assert.ok(Math.abs(sum - 1) < 1e-5, `column ${k} of token ${t} sums to ${sum}`);
        }
      const streams = await read("blocks.7.hook_streams_post");
      const pre = await read("hc_head.hook_pre");
      const collapsed = await read("hc_head.hook_collapsed");
      const sums = Float64Array.from(collapsed.data, (_, i) => {
        const [t, m] = [Math.floor(i / 24), i % 24];
        return [0, 1, 2].reduce((sum, j) => sum + pre.at(t, j) * streams.at(t, j, m), 0);
      });
      assertClose(collapsed.data, sums, 1e-4, "what the head reads");
      run.dispose();
    });
  });
}
