import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import type { BackendName } from "../../engine/backend/backend.ts";
import { heads, type Run, scale, type Tensor, zero } from "../../engine/index.ts";
import { assertClose, assertSameBits } from "./compare.ts";
import { expected, fixtureFolder, openModel } from "./openModel.ts";

const LAYER = 1;
const PATTERN = `blocks.${LAYER}.attn.hook_pattern`;
const SCORES = `blocks.${LAYER}.attn.hook_attn_scores`;

/** What a run shows of maps that were edited, of each kind of attention. */
for (const backend of ["reference", "cpu", "webgpu"] satisfies BackendName[])
  for (const folder of ["gpt_oss", "deepseek_v3", "deepseek_v32"])
    describe(`edited maps of ${folder} on ${backend}`, async () => {
      const { model } = await openModel(backend, fixtureFolder(folder));
      after(() => model.dispose());
      const ids = expected(folder).ids.slice(0, 9);
      const plain = await model.run(ids);

      test("a given pattern reads back as it was given, up to the query", async () => {
        const given = ids.map((_, query) => ids.map((_, key) => 0.5 * query - key));
        const edits = [heads({ layer: LAYER, head: 1 }).pattern(given)];
        const run = await model.run(ids, { edits });
        const pattern = await run.get(PATTERN, { head: 1 });
        assert.deepEqual(
          [...pattern.data],
          given.flatMap((row, query) => row.map((x, key) => (key <= query ? x : 0))),
        );
        const part = await run.get(PATTERN, { head: 1, query: [3, 7], key: [2, 5] });
        assert.deepEqual([part.shape, part.at(1, 2)], [[4, 3], pattern.at(4, 4)]);
        await assertPooled(run, pattern, 1);
        run.dispose();
      });

      test("edited scores read back, and the pattern is their softmax", async () => {
        const run = await model.run(ids, { edits: [scale(SCORES, -0.5, { head: 2 })] });
        const scores = await run.get(SCORES, { head: 2 });
        const before = await plain.get(SCORES, { head: 2 });
        assert.deepEqual(
          [...scores.data],
          [...before.data].map((x) => (Number.isFinite(x) ? x * -0.5 : x)),
        );
        const pattern = await run.get(PATTERN, { head: 2 });
        ids.forEach((_, query) => {
          const shares = [...pattern.row(query).data];
          const raw = [...scores.row(query).data].map(Math.exp);
          const ratio = (shares[query] ?? 0) / (raw[query] ?? 1); // the sink has its share as well
          if (ratio > 0)
            assertClose(
              shares,
              raw.map((x) => x * ratio),
              1e-5,
              `row ${query}`,
            );
        });
        await assertPooled(run, pattern, 2);
        const other = { head: 0 };
        for (const site of [SCORES, PATTERN])
          assertSameBits(await run.get(site, other), await plain.get(site, other), site);
        run.dispose();
      });

      test("what is generated has rows of its own, in a replay too", async () => {
        const edits = [zero(PATTERN, { head: 1, position: "generated" })];
        const generation = model.generate(ids, { maxTokens: 4, ignoreEos: true, edits });
        for await (const _ of generation);
        const { run } = generation;
        const pattern = await run.get(PATTERN, { head: 1 });
        const z = await run.get(`blocks.${LAYER}.attn.hook_z`, { head: 1 });
        assert.deepEqual(pattern.shape, [run.tokens.length, run.tokens.length]);
        for (const map of [pattern, z])
          for (let query = 0; query < run.tokens.length; query++)
            assert.equal(
              map.row(query).data.some((x) => x !== 0),
              query < ids.length,
            );
        run.dispose();
      });

      test("chunks do not matter", async () => {
        const edits = [scale(SCORES, 0.5, { head: 0 }), zero(PATTERN, { head: 1, position: 5 })];
        const whole = await model.run(ids, { edits });
        const chunked = await model.run(ids, { edits, chunkSize: 4 });
        for (const site of [PATTERN, SCORES, "hook_logits"])
          assertSameBits(await chunked.get(site), await whole.get(site), site);
        for (const run of [whole, chunked]) run.dispose();
      });
    });

/** Tiles in blocks of 4, the last of which are narrower. @param map of the head, as the run gives it */
async function assertPooled(run: Run, map: Tensor, head: number): Promise<void> {
  const size = map.shape[0] ?? 0;
  for (const poolKind of ["max", "mean"] as const) {
    const tile = await run.attentionTile({ layer: LAYER, head, pool: 4, poolKind });
    const wanted: number[] = [];
    for (let r = 0; r < size; r += 4)
      for (let c = 0; c < size; c += 4) {
        const [endRow, endColumn] = [Math.min(r + 4, size), Math.min(c + 4, size)];
        const seen: number[] = [];
        for (let query = r; query < endRow; query++)
          for (let key = c; key < Math.min(endColumn, query + 1); key++)
            seen.push(map.at(query, key));
        const sum = seen.reduce((a, b) => a + b, 0);
        const most = seen.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
        const mean = sum / ((endRow - r) * (endColumn - c));
        wanted.push(seen.length === 0 ? 0 : poolKind === "max" ? most : mean);
      }
    assertClose(tile.weights, wanted, 1e-6, poolKind);
  }
}
