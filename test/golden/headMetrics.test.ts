import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { InputError, type Model, type Run } from "../../engine/index.ts";
import { expected, fixtureFolder, openModel } from "./openModel.ts";

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});

/** The metrics of a head from its whole pattern, as their definition says. */
async function byHand(run: Run, layer: number, head: number, queries: readonly number[]) {
  const { data } = await run.get(`blocks.${layer}.attn.hook_pattern`, { head });
  const ids = run.tokens.map(({ id }) => id);
  const nTokens = ids.length;
  const at = (query: number, key: number) => data[query * nTokens + key] ?? 0;
  const sums = [0, 0, 0, 0, 0, 0, 0];
  const counts = [0, 0, 0, 0, 0, 0, 0];
  const add = (metric: number, value: number) => {
    sums[metric] = (sums[metric] ?? 0) + value;
    counts[metric] = (counts[metric] ?? 0) + 1;
  };
  for (const query of queries) {
    if (query > 0) add(0, at(query, query - 1));
    const copies = ids.slice(0, query).flatMap((id, j) => (id === ids[query] ? [j] : []));
    const onCopies = (behind: number) =>
      copies.reduce((sum, key) => sum + at(query, key + behind), 0);
    if (copies.length > 0) add(1, onCopies(1));
    if (copies.length > 0) add(5, onCopies(0));
    add(2, at(query, query));
    if (query > 0) add(3, at(query, 0));
    let [bits, distance] = [0, 0];
    for (let key = 0; key <= query; key++) {
      if (at(query, key) > 0) bits -= at(query, key) * Math.log2(at(query, key));
      distance += at(query, key) * (query - key);
    }
    add(4, bits);
    add(6, distance);
  }
  return sums.map((sum, metric) => sum / (counts[metric] ?? 0));
}

describe("metrics of heads", () => {
  for (const [backend, fixture] of [
    ["cpu", "llama3"],
    ["cpu", "deepseek_v3"],
    ["cpu", "deepseek_v32"],
    ["cpu", "gpt_oss"],
    ["reference", "llama3"],
  ] as const)
    it(`are what the whole patterns say: ${fixture} on ${backend}`, async () => {
      const { model } = await openModel(backend, fixtureFolder(fixture));
      models.push(model);
      const { ids } = expected(fixture);
      const run = await model.run([...ids.slice(0, 12), ...ids.slice(3, 12), ...ids.slice(0, 4)]);
      const nTokens = run.tokens.length;
      const layer = model.spec.nLayers - 1;
      for (const queryStep of [1, 4]) {
        const record = await run.headMetrics({ layer, queryStep });
        const queries = Array.from({ length: nTokens }, (_, i) => i).filter(
          (i) => (nTokens - 1 - i) % queryStep === 0,
        );
        assert.equal(record.nQueries, queries.length);
        const nHeads = record.means.length / record.metrics.length;
        for (let head = 0; head < nHeads; head++)
          (await byHand(run, layer, head, queries)).forEach((wanted, metric) => {
            const got = record.means[head * record.metrics.length + metric] ?? Number.NaN;
            const isNear = Object.is(got, wanted) || Math.abs(got - wanted) < 2e-5;
            assert.ok(isNear, `head ${head} ${record.metrics[metric]}: ${got} and not ${wanted}`);
          });
      }
    });

  it("have the same bits where attention runs once more for them", async () => {
    const { model } = await openModel("cpu", fixtureFolder("llama3"));
    models.push(model);
    const { ids } = expected("llama3");
    const kept = await (await model.run(ids)).headMetrics({ layer: 1 });
    const again = await (await model.run(ids, { keep: "nothing" })).headMetrics({ layer: 1 });
    assert.deepEqual(again, kept);
  });

  it("are of all layers where none is named", async () => {
    const { model } = await openModel("cpu", fixtureFolder("llama3"));
    models.push(model);
    const run = await model.run(expected("llama3").ids);
    const all = await run.headMetrics({ queryStep: 2 });
    assert.deepEqual(
      all.map(({ layer }) => layer),
      Array.from({ length: model.spec.nLayers }, (_, layer) => layer),
    );
    for (const record of all)
      assert.deepEqual(record, await run.headMetrics({ layer: record.layer, queryStep: 2 }));
    assert.equal((await run.headMetrics())[0]?.queryStep, 1);
  });

  it("are of the patterns as edits left them", async () => {
    const { model } = await openModel("cpu", fixtureFolder("llama3"));
    models.push(model);
    const { ids } = expected("llama3");
    const run = await model.run(ids.slice(0, 9), {
      edits: [{ kind: "scale", site: "blocks.0.attn.hook_pattern", factor: 0.5 }],
    });
    const { means, metrics } = await run.headMetrics({ layer: 0 });
    const wanted = await byHand(
      run,
      0,
      1,
      Array.from({ length: 9 }, (_, i) => i),
    );
    wanted.forEach((value, metric) => {
      const got = means[metrics.length + metric] ?? Number.NaN;
      assert.ok(
        Object.is(got, value) || Math.abs(got - value) < 2e-5,
        `${metric}: ${got} ${value}`,
      );
    });
  });

  it("and samples of tiles refuse what does not exist, and a sample is of every n-th query of a block", async () => {
    const { model } = await openModel("cpu", fixtureFolder("llama3"));
    models.push(model);
    const run = await model.run(expected("llama3").ids.slice(0, 16));
    const refused = (work: Promise<unknown>) =>
      assert.rejects(work, (error: unknown) => {
        assert.ok(error instanceof InputError && error.code === "ERR_SELECTION");
        return true;
      });
    await refused(run.headMetrics({ layer: 99 }));
    const last = model.record.nLayers - 1;
    await assert.rejects(run.headMetrics({ layer: last + 1 }), {
      message: new RegExp(`layer from 0 to ${last}, got ${last + 1}`),
    });
    await refused(run.headMetrics({ layer: 0, queryStep: 0 }));
    await refused(run.attentionTile({ layer: 0, head: 0, headCount: 99 }));
    await refused(run.attentionTile({ layer: 0, head: 0, pool: 4, queryStep: 1.5 }));
    const exact = await run.attentionTile({ layer: 0, head: 0 });
    const { weights, queryStep } = await run.attentionTile({
      ...{ layer: 0, head: 0, pool: 4, poolKind: "max", queryStep: 4 },
    });
    assert.equal(queryStep, 4);
    for (let r = 0; r < 4; r++)
      for (let c = 0; c <= r; c++) {
        const from = (4 * r + 3) * 16 + 4 * c;
        assert.equal(weights[r * 4 + c], Math.max(...exact.weights.subarray(from, from + 4)));
      }
    const all = await run.attentionTile({ layer: 0, head: 0, headCount: 2 });
    const second = await run.attentionTile({ layer: 0, head: 1 });
    const mean = ((exact.weights[40] ?? 0) + (second.weights[40] ?? 0)) / 2;
    assert.ok(Math.abs((all.weights[40] ?? 0) - mean) < 1e-7);
  });
});
