import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { InputError } from "../../engine/base/errors.ts";
import { type Model, type Run, zero } from "../../engine/index.ts";
import { assertSameBits } from "./compare.ts";
import { expected, fixtureFolder, openModel } from "./openModel.ts";

const { ids } = expected("deepseek_v32");
const T = ids.length;
const TOP_K = 6;
const ATTENTION = "blocks.1.attn";
const opened: Promise<Model>[] = [];
const open = () => {
  opened[0] ??= openModel("cpu", fixtureFolder("deepseek_v32")).then(({ model }) => model);
  return opened[0];
};
after(async () => (await opened[0])?.dispose());

/** Each query's selected positions. */
async function selections(run: Run): Promise<number[][]> {
  const { shape, data } = await run.get(`${ATTENTION}.hook_topk_indices`);
  assert.deepEqual(shape, [run.tokens.length, TOP_K]);
  return Array.from({ length: run.tokens.length }, (_, t) =>
    Array.from(data.subarray(t * TOP_K, (t + 1) * TOP_K)),
  );
}

describe("sparse attention", () => {
  it("attends to the keys with the best index scores, and to all where they are few", async () => {
    const run = await (await open()).run(ids);
    const scores = await run.get(`${ATTENTION}.hook_index_scores`);
    assert.deepEqual(scores.shape, [T, T]);
    for (const [t, selected] of (await selections(run)).entries()) {
      const row = Array.from(scores.data.subarray(t * T, (t + 1) * T));
      assert.ok(row.slice(t + 1).every((score) => score === Number.NEGATIVE_INFINITY));
      const best = [...row.keys()]
        .slice(0, t + 1)
        .sort((a, b) => (row[b] as number) - (row[a] as number) || a - b)
        .slice(0, TOP_K)
        .sort((a, b) => a - b);
      assert.deepEqual(selected, [...best, ...Array(TOP_K - best.length).fill(-1)]);
    }
    run.dispose();
  });

  it("has the indexer's key as it is cached, and an edit of it changes its column of scores alone", async () => {
    const model = await open();
    const run = await model.run(ids);
    const site = `${ATTENTION}.hook_index_rot_k`;
    const keys = await run.get(site);
    const indexer = model.spec.layers[1]?.attention;
    assert.ok(indexer?.kind === "mla" && indexer.indexer !== null);
    assert.deepEqual(keys.shape, [T, indexer.indexer.dHead]);
    assert.ok(run.sites().some(({ name, state }) => name === site && state === "kept"));
    const position = 5;
    const edited = await model.run(ids, { edits: [zero(site, { position })] });
    assert.ok((await edited.get(site)).row(position).data.every((x) => x === 0));
    const [before, after] = await Promise.all(
      [run, edited].map((each) => each.get(`${ATTENTION}.hook_index_scores`)),
    );
    assert.ok(before && after);
    for (let query = position; query < T; query++)
      for (let key = 0; key <= query; key++)
        if (key === position) assert.equal(Math.abs(after.at(query, key)), 0);
        else assert.equal(after.at(query, key), before.at(query, key));
    assert.notDeepEqual(await selections(edited), await selections(run), "other keys are chosen");
    for (const each of [run, edited]) each.dispose();
  });

  it("has patterns that sum to 1 over the selection and are 0 elsewhere, pooled or not", async () => {
    const run = await (await open()).run(ids);
    const pattern = await run.get(`${ATTENTION}.hook_pattern`, { head: 2 });
    const chosen = await selections(run);
    for (let t = 0; t < T; t++) {
      const row = pattern.data.subarray(t * T, (t + 1) * T);
      const isChosen = new Set(chosen[t]);
      let sum = 0;
      for (let s = 0; s < T; s++) {
        if (!isChosen.has(s)) assert.equal(row[s], 0, `query ${t}, key ${s}`);
        sum += row[s] as number;
      }
      assert.ok(Math.abs(sum - 1) < 1e-5);
    }
    const pool = { size: 4, kind: "max" as const };
    const pooled = await run.get(`${ATTENTION}.hook_pattern`, { head: 2, pool });
    const block = (r: number, c: number) => {
      const rows = [0, 1, 2, 3].map((i) =>
        pattern.data.subarray((4 * r + i) * T + 4 * c).slice(0, 4),
      );
      return Math.max(...rows.flatMap((row) => [...row]));
    };
    pooled.data.forEach((value, i) => {
      assert.equal(value, block(Math.floor(i / (T / 4)), i % (T / 4)));
    });
    run.dispose();
  });

  it("reads the same index scores from a generation, whose cache has room to spare", async () => {
    const model = await open();
    const generation = model.generate(ids.slice(0, 30), { maxTokens: 4, temperature: 0 });
    for await (const _ of generation);
    const generated = generation.run.tokens.map(({ id }) => id);
    const run = await model.run(generated);
    const site = `${ATTENTION}.hook_index_scores`;
    assertSameBits(await generation.run.get(site), await run.get(site), site);
    assert.deepEqual(await selections(generation.run), await selections(run));
    const part = await run.get(site, { query: [3, 5], key: [3, 6] });
    assert.deepEqual(part.shape, [2, 3]);
    assert.deepEqual(
      [...part.data].map((score) => Number.isFinite(score)),
      [true, false, false, true, true, false],
    );
    await assert.rejects(
      run.get(site, { pool: { size: 2, kind: "max" } }),
      (error) => error instanceof InputError && error.code === "ERR_SELECTION",
    );
    generation.run.dispose();
    run.dispose();
  });
});
