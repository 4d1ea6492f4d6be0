import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { lens, loadRun, type Model, saveRun, scale, topTokens } from "../../engine/index.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { fixtureFolder, MIXED, openModel, promptOf } from "./openModel.ts";

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});

async function opened(backend: "reference" | "cpu" | "webgpu", fixture: string): Promise<Model> {
  const { model } = await openModel(backend, fixtureFolder(fixture));
  models.push(model);
  return model;
}

/** What a row says of the next token, by sorting it. */
function told(logits: ArrayLike<number>, target: number) {
  const row = Array.from(logits);
  const most = Math.max(...row);
  const total = row.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
  const p = row.map((logit) => Math.exp(logit - most) / total);
  const order = [...row.keys()].sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);
  const bits = p.reduce((sum, each) => (each > 0 ? sum - each * Math.log2(each) : sum), 0);
  return {
    order,
    p,
    bits,
    rank: order.indexOf(target),
    logProb: Math.log(p[target] ?? Number.NaN),
  };
}

const near = (got: number | undefined, wanted: number, what: string) =>
  assert.ok(Math.abs((got ?? Number.NaN) - wanted) < 1e-5, `${what}: ${got}, not ${wanted}`);

for (const backend of ["reference", "cpu", "webgpu"] as const)
  describe(`the likeliest tokens on ${backend}`, () => {
    for (const fixture of [MIXED, "llama3"])
      it(`are those of every row of ${fixture}'s logits, with rank, log probability and entropy`, async () => {
        const model = await opened(backend, fixture);
        const ids = promptOf(fixture).slice(0, 7);
        const run = await model.run(ids);
        const record = await topTokens(run, { topK: 3 });
        const all = await model.run(ids, { logits: "all" });
        assert.deepEqual([...record.targets], [...ids.slice(1), -1]);
        for (let t = 0; t < ids.length; t++) {
          const row = told(all.logits.row(t).data, ids[t + 1] ?? -1);
          assert.deepEqual([...record.ids.subarray(3 * t, 3 * t + 3)], row.order.slice(0, 3));
          for (const [k, id] of row.order.slice(0, 3).entries())
            near(record.probabilities[3 * t + k], row.p[id] ?? 0, "probability");
          near(record.entropyBits[t], row.bits, "entropy");
          if (t === ids.length - 1) continue;
          assert.equal(record.ranks[t], row.rank);
          near(record.logProbs[t], row.logProb, "log probability");
        }
        assert.deepEqual([record.ranks.at(-1), record.logProbs.at(-1)], [-1, Number.NaN]);
      });

    it("are the lens behind the last block, at the positions and of the token asked for", async () => {
      const model = await opened(backend, MIXED);
      const { nLayers } = model.spec;
      const run = await model.run(promptOf(MIXED).slice(0, 6));
      const asked = { positions: [4, -6], topK: 2, target: 5 } as const;
      const record = await topTokens(run, asked);
      const last = await lens(run, {
        ...asked,
        sites: run
          .sites()
          .filter(
            ({ name }) => name.startsWith(`blocks.${nLayers - 1}.hook_`) && name.endsWith("_post"),
          )
          .map(({ name }) => name),
      });
      assert.deepEqual(record.positions, Int32Array.of(4, 0));
      for (const field of [
        "ids",
        "probabilities",
        "targets",
        "ranks",
        "logProbs",
        "entropyBits",
      ] as const)
        assert.deepEqual(record[field], last[field], field);
    });

    it("are those of the edited pass, behind edits of the logits' own norm too", async () => {
      const model = await opened(backend, "llama3");
      const ids = promptOf("llama3").slice(0, 5);
      const edits = [scale("ln_final.hook_normalized", 0.25, { position: [1, 5] })];
      const run = await model.run(ids, { edits });
      const record = await topTokens(run, { positions: [3, 1] });
      const all = await model.run(ids, { edits, logits: "all" });
      for (const [row, position] of [3, 1].entries())
        near(record.entropyBits[row], told(all.logits.row(position).data, -1).bits, "entropy");
      const plain = await topTokens(await model.run(ids), { positions: [3, 1] });
      assert.notDeepEqual(plain.entropyBits, record.entropyBits);
    });
  });

describe("the likeliest tokens", () => {
  it("of rows that a run has take no other pass, and are there in a record", async (t) => {
    const model = await opened("cpu", "llama3");
    const run = await model.run(promptOf("llama3").slice(0, 5));
    const last = await topTokens(run, { positions: [-1] });
    assert.equal(
      run.sites().find(({ name }) => name === "blocks.1.hook_resid_post")?.state,
      "replayed",
    );
    const folder = join(await temporaryFolder(t), "run");
    await saveRun(run, folder);
    const record = await loadRun(folder);
    assert.deepEqual(await topTokens(record, { positions: [-1] }), last);
    record.dispose();
  });

  it("refuse what is not there by name", async () => {
    const model = await opened("cpu", "llama3");
    const run = await model.run(promptOf("llama3").slice(0, 3));
    const refused = (options: object, code: string, message: RegExp) =>
      assert.rejects(topTokens(run, options), { code, message });
    await refused({ positions: [3] }, "ERR_SELECTION", /topTokens: .* from -3 to 2, got 3/);
    await refused({ positions: [] }, "ERR_OPTION", /topTokens positions: /);
    await refused({ topK: 0 }, "ERR_OPTION", /topTokens topK: .* at least 1/);
    await refused({ topK: 1e6 }, "ERR_OPTION", /topTokens topK: expected at most/);
    await refused({ target: -1 }, "ERR_TOKEN_ID", /topTokens target/);
    await refused({ target: [1] }, "ERR_OPTION", /one for each of 3 positions, got 1/);
  });
});
