import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import {
  add,
  type EditRequest,
  experts,
  heads,
  type Model,
  patch,
  type Run,
  replace,
  scale,
  zero,
} from "../../engine/index.ts";
import { attentionForm } from "../../engine/plan/attentionForm.ts";
import fc from "../fixtures/fastCheck.ts";
import { assertClose, assertSameBits } from "../golden/compare.ts";
import { expected, fixtureFolder, openModel } from "../golden/openModel.ts";
import { assertSameRows, editableSites } from "./editsSuite.ts";

/** Keys that a query chooses: enough for expanded attention to cost less than absorbed, fewer than the prompt has. */
const TOP_K = 40;
const N_TOKENS = 60;
const [LAYER, HEAD] = [1, 2];
const ATTENTION = `blocks.${LAYER}.attn`;

/** The fixture of DeepSeek-V3.2 with its weights, and more keys chosen. */
async function openWide(backend: BackendName): Promise<Model> {
  const folder = await mkdtemp(join(tmpdir(), "vitrine-sparse-"));
  try {
    await cp(fixtureFolder("deepseek_v32"), folder, { recursive: true });
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
    await writeFile(join(folder, "config.json"), JSON.stringify({ ...config, index_topk: TOP_K }));
    return (await openModel(backend, folder)).model;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Edits where attention is sparse and in its expanded form. */
export function sparseEditsSuite(backend: BackendName, nRuns: number): void {
  describe(`edits of expanded sparse attention on ${backend}`, async () => {
    const model = await openWide(backend);
    after(() => model.dispose());
    const { ids: few } = expected("deepseek_v32");
    const ids = Array.from({ length: N_TOKENS }, (_, i) => few[(i * 7) % few.length] ?? 0);
    const plain = await model.run(ids, { capture: "**", logits: "all" });
    const chosen = await chosenKeys(plain);

    test("the fixture has what is tested", () => {
      assert.ok(attentionForm(model.spec, N_TOKENS).every((form) => form === "expanded"));
      assert.ok(attentionForm(model.spec, 8, N_TOKENS).every((form) => form === "absorbed"));
      assert.equal(chosen.at(-1)?.length, TOP_K);
      assert.equal(chosen[9]?.length, 10, "early queries see all keys");
    });

    test("those that change nothing change no bit of any site", async () => {
      const editable = editableSites(model);
      const neutral: Record<string, readonly EditRequest[]> = {
        none: [],
        scale: editable.map((site) => scale(site, 1)),
        add: editable.map((site) => add(site, 0)),
        "patch from itself": editable.map((site) => patch(site, plain)),
        choices: [
          heads({ layer: LAYER, head: HEAD }).temperature(1),
          experts({ layer: LAYER }).bias(1, 0),
        ],
      };
      for (const [name, edits] of Object.entries(neutral)) {
        const run = await model.run(ids, { capture: "**", edits });
        await assertSameRows(run, plain, name, () => N_TOKENS);
        run.dispose();
      }
    });

    test("a layer's change no bit before it, and at no earlier position", async () => {
      const sites = [
        ...["hook_q", "hook_rot_q", "hook_kv_latent", "hook_index_rot_k"],
        ...["hook_attn_scores", "hook_pattern", "hook_z"],
      ].map((site) => `${ATTENTION}.${site}`);
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...sites, `blocks.${LAYER - 1}.hook_resid_post`),
          fc.nat(N_TOKENS - 1),
          async (site, position) => {
            const edits = [replace(site, 0.7, { position })];
            const run = await model.run(ids, { capture: "**", edits });
            await assertSameRows(run, plain, `${site} at ${position}`, (name) =>
              name.startsWith("blocks.0.attn.") ? N_TOKENS : position,
            );
            run.dispose();
          },
        ),
        { numRuns: nRuns },
      );
    });

    test("a hidden edge takes a chosen key out, and its weight goes to the other chosen ones", async () => {
      const query = N_TOKENS - 5;
      const keys = chosen[query] ?? [];
      const key = keys[11] ?? 0;
      const run = await model.run(ids, {
        capture: `blocks.${LAYER}.**`,
        edits: [heads({ layer: LAYER, head: HEAD }).edge(query, key)],
      });
      const [before, after] = await Promise.all(
        [plain, run].map((each) => each.get(`${ATTENTION}.hook_pattern`)),
      );
      assert.ok(before && after);
      const hidden = before.at(HEAD, query, key);
      assert.ok(hidden > 0);
      assert.equal(after.at(HEAD, query, key), 0);
      const scores = await run.get(`${ATTENTION}.hook_attn_scores`);
      assert.equal(scores.at(HEAD, query, key), Number.NEGATIVE_INFINITY);
      for (let other = 0; other < N_TOKENS; other++) {
        if (other === key) continue;
        const wanted = before.at(HEAD, query, other) / (1 - hidden);
        assert.ok(Math.abs(after.at(HEAD, query, other) - wanted) < 1e-5, `key ${other}`);
        if (!keys.includes(other)) assert.equal(after.at(HEAD, query, other), 0, "not chosen");
      }
      for (let head = 0; head < (before.shape[0] ?? 0); head++)
        for (let other = 0; other < N_TOKENS; other++)
          if (head !== HEAD || other !== query)
            assertSameBits(after.row(head, other), before.row(head, other), `${head}, ${other}`);
      assert.deepEqual(await chosenKeys(run), chosen, "the indexer chooses as before");
      run.dispose();
    });

    test("a hidden edge to a key that is not chosen changes no bit", async () => {
      const query = N_TOKENS - 1;
      const key = ids.findIndex((_, position) => !chosen[query]?.includes(position));
      const run = await model.run(ids, {
        capture: "**",
        edits: [heads({ layer: LAYER, head: HEAD }).edge(query, key)],
      });
      await assertSameRows(run, plain, `key ${key}`, () => N_TOKENS);
      run.dispose();
    });

    test("a query of which all chosen keys are hidden attends to nothing", async () => {
      const query = N_TOKENS - 2;
      const edits = (chosen[query] ?? []).map((key) =>
        heads({ layer: LAYER, head: HEAD }).edge(query, key),
      );
      const run = await model.run(ids, { capture: `${ATTENTION}.*`, edits });
      const pattern = await run.get(`${ATTENTION}.hook_pattern`);
      assert.ok(pattern.row(HEAD, query).data.every((x) => x === 0));
      const z = await run.get(`${ATTENTION}.hook_z`);
      assert.ok(z.row(query, HEAD).data.every((x) => x === 0));
      assert.ok(z.row(query, 0).data.some((x) => x !== 0));
      run.dispose();
    });

    test("both forms of attention make the same of the same edits", async () => {
      const query = N_TOKENS - 5;
      const edits = [
        heads({ layer: LAYER, head: HEAD }).edge(query, chosen[query]?.[3] ?? 0),
        heads({ layer: 0, head: 1 }).temperature(2),
        scale("blocks.2.attn.hook_pattern", 0.5, { head: 0 }),
        zero("blocks.2.attn.hook_z", { head: 3, position: query }),
      ];
      const expanded = await model.run(ids, { edits, logits: "all" });
      const absorbed = await model.run(ids, { edits, logits: "all", chunkSize: 8 });
      const [a, b] = await Promise.all([expanded, absorbed].map((run) => run.get("hook_logits")));
      assert.ok(a && b);
      assertClose(a.data, b.data, 1e-4, "logits");
      const whole = (await plain.get("hook_logits")).data;
      assert.ok(
        a.data.some((x, i) => Math.abs(x - Number(whole[i])) > 1e-3),
        "they do something",
      );
      expanded.dispose();
      absorbed.dispose();
    });

    test("a stepper stops inside it with the bits of an unbroken run", async () => {
      const query = N_TOKENS - 5;
      const edits = [heads({ layer: LAYER, head: HEAD }).edge(query, chosen[query]?.[3] ?? 0)];
      const run = await model.run(ids, { capture: "**", edits });
      const stepper = await model.step(ids, { edits });
      for (const site of ["hook_topk_indices", "hook_z", "hook_pattern"]) {
        const name = `${ATTENTION}.${site}`;
        await stepper.runTo({ site: name });
        assertSameBits(await stepper.value(name), await run.get(name), name);
        if (site === "hook_z") await stepper.back("layer");
      }
      const finished = await stepper.finish();
      const logits = (await finished.get("hook_logits")).data;
      assert.deepEqual(logits, (await run.get("hook_logits")).data);
      finished.dispose();
      run.dispose();
    });
  });
}

/** The positions that each query chose, ascending. */
async function chosenKeys(run: Run): Promise<number[][]> {
  const chosen = await run.get(`${ATTENTION}.hook_topk_indices`);
  return Array.from({ length: N_TOKENS }, (_, t) =>
    [...chosen.row(t).data].filter((position) => position >= 0).map(Number),
  );
}
