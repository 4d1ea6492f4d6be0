import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { circuits, type Model } from "../../engine/index.ts";
import { fixtureFolder, openModel } from "./openModel.ts";

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});

async function opened(fixture: string): Promise<Model> {
  const { model } = await openModel("reference", fixtureFolder(fixture));
  models.push(model);
  return model;
}

const near = (got: number | undefined, wanted: number, what: string) =>
  assert.ok(Math.abs((got ?? Number.NaN) - wanted) < 1e-9, `${what}: ${got}, not ${wanted}`);

describe("circuits", () => {
  for (const fixture of [
    "llama3",
    "qwen2",
    "qwen3",
    "olmoe",
    "gpt_oss",
    "deepseek_v2_lite",
    "deepseek_v3",
  ])
    it(`have the scores that the first layer gives embeddings, at any distance: ${fixture}`, async () => {
      const model = await opened(fixture);
      const ids = [5, 17, 3, 30];
      const run = await model.run(ids);
      const { attention } = model.spec.layers[0] as { attention: { nHeads: number } };
      const head = attention.nHeads - 1;
      const scores = await run.get("blocks.0.attn.hook_attn_scores", { head });
      for (const distance of [0, 1, 3]) {
        const { qk } = await circuits(model, 0, head, { tokens: ids, top: 16, distance });
        assert.equal(qk?.largest.length, 16);
        for (let t = distance; t < ids.length; t++) {
          const entry = qk?.largest.find(
            ({ from, to }) => from === ids[t] && to === ids[t - distance],
          );
          near(entry?.value, scores.at(t, t - distance), `query ${t} at ${distance}`);
        }
        const values = qk?.largest.map(({ value }) => value) ?? [];
        assert.deepEqual(
          values,
          [...values].sort((a, b) => b - a),
        );
        assert.deepEqual(
          qk?.smallest.map(({ value }) => value),
          [...values].reverse(),
        );
      }
    });

  it("end where the signal says, between rows", async () => {
    const model = await opened("llama3");
    const tokens = Array.from({ length: 600 }, (_, i) => i % 60);
    const controller = new AbortController();
    const ended = circuits(model, 0, 0, { tokens, signal: controller.signal });
    controller.abort(new Error("enough"));
    await assert.rejects(ended, { code: "ERR_ABORTED" });
  });

  for (const fixture of ["llama3", "mixtral", "deepseek_v3"])
    it(`write what the head writes when it sees one token: ${fixture}`, async () => {
      const model = await opened(fixture);
      const id = 11;
      const run = await model.run([id]);
      const head = 1;
      const tokens = [id, 4, 25];
      const { ov, output, value } = await circuits(model, 0, head, { tokens, top: 1000 });
      assert.equal(ov?.largest.length, 9);
      assert.equal(output.shape[0], model.spec.dModel);
      assert.equal(output.shape[1], value.shape[0]);
      const result = [...(await run.get("blocks.0.attn.hook_result", { token: 0, head })).data];
      const scales = (await model.weight("ln_final")).data;
      const table = model.spec.tiedEmbeddings ? "embed" : "unembed";
      for (const to of tokens) {
        const row = (await model.weight(table, { rows: to })).data;
        const wanted = [...result].reduce(
          (sum, x, i) => sum + x * (row[i] ?? 0) * (scales[i] ?? 0),
          0,
        );
        near(
          ov?.largest.find((each) => each.from === id && each.to === to)?.value,
          wanted,
          `${to}`,
        );
      }
    });

  for (const fixture of ["gpt2", "qwen3", "olmoe", "deepseek_v3"])
    it(`have factors that make queries, keys and values, but for biases and norms' scales: ${fixture}`, async () => {
      const model = await opened(fixture);
      const run = await model.run([3, 8]);
      const layer = 1;
      const head = 0;
      const found = await circuits(model, layer, head);
      assert.deepEqual([found.qk, found.ov], [null, null]);
      const x = (await run.get(`blocks.${layer}.ln1.hook_normalized`, { token: 1 })).data;
      for (const [letter, which] of [
        ["q", "query"],
        ["k", "key"],
        ["v", "value"],
      ] as const) {
        const site = (await run.get(`blocks.${layer}.attn.hook_${letter}`, { token: 1, head }))
          .data;
        const { data, shape } = found[which];
        const [rows = 0, columns = 0] = shape;
        const isLatentKey = model.spec.architecture.startsWith("deepseek") && which === "key";
        const bias =
          fixture === "gpt2"
            ? (await model.weight(`blocks.${layer}.attn.${letter}.bias`)).data
            : null;
        const ratios: number[] = [];
        for (let i = 0; i < (isLatentKey ? 8 : rows); i++) {
          let made = bias?.[head * rows + i] ?? 0;
          for (let j = 0; j < columns; j++) made += (data[i * columns + j] ?? 0) * (x[j] ?? 0);
          ratios.push((site[i] ?? 0) / made);
        }
        const [first = 0] = ratios;
        for (const [i, ratio] of ratios.entries()) near(ratio / first, 1, `${which} ${i}`);
        assert.ok(first > 0);
        if (!found.scaledPerToken.includes(which)) near(first, 1, which);
        else assert.ok(Math.abs(first - 1) > 1e-3, `a norm scales ${which}`);
      }
    });

  it("refuse what does not exist", async () => {
    const model = await opened("llama3");
    await assert.rejects(circuits(model, 9, 0), { code: "ERR_SELECTION", message: /a layer from/ });
    await assert.rejects(circuits(model, 0, 99), { code: "ERR_SELECTION", message: /a head from/ });
    await assert.rejects(circuits(model, 0, 0, { tokens: [-1] }), { code: "ERR_TOKEN_ID" });
    await assert.rejects(circuits(model, 0, 0, { distance: -1 }), { code: "ERR_SELECTION" });
  });
});
