import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { lens } from "../../engine/explain/lens.ts";
import { lensRows } from "../../engine/explain/lensRows.ts";
import {
  add,
  attribution,
  loadRun,
  type Model,
  type Run,
  saveRun,
  Tensor,
} from "../../engine/index.node.ts";
import { partsOf } from "../../engine/look/run.ts";
import { findSite } from "../../engine/plan/sites/matchSites.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { expected, fixtureFolder, MIXED, openModel, promptOf } from "./openModel.ts";

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});

async function opened(backend: "reference" | "cpu" | "webgpu", fixture: string): Promise<Model> {
  const { model } = await openModel(backend, fixtureFolder(fixture));
  models.push(model);
  return model;
}

/** A model's head in float64, written out: of the reference backend, whose weights are read as they are. */
async function headOf(fixture: string) {
  const model = await opened("reference", fixture);
  const { device } = partsOf(await model.run([1])).state;
  const read = async (name: string) => {
    const tensor = device.weights.get(name);
    return tensor && device.backend.read(tensor);
  };
  const { norm, normEps, dModel, nVocab, tiedEmbeddings } = model.spec;
  const [weight, bias] = [await read("ln_final"), await read("ln_final.bias")];
  const table = await read(tiedEmbeddings ? "embed" : "unembed");
  assert.ok(weight && table);
  return (x: readonly number[]): number[] => {
    const mean = norm === "rms" ? 0 : x.reduce((a, b) => a + b, 0) / dModel;
    const square = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / dModel;
    const normed = x.map(
      (value, i) =>
        ((value - mean) / Math.sqrt(square + normEps)) * (weight[i] ?? 0) + (bias?.[i] ?? 0),
    );
    return Array.from({ length: nVocab }, (_, id) =>
      normed.reduce((sum, value, i) => sum + value * (table[id * dModel + i] ?? 0), 0),
    );
  };
}

/** What a row of logits says, by sorting it. */
function told(logits: readonly number[], target: number) {
  const most = Math.max(...logits);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - most), 0);
  const p = logits.map((logit) => Math.exp(logit - most) / total);
  const order = [...logits.keys()].sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
  return {
    order,
    p,
    rank: order.indexOf(target),
    logProb: Math.log(p[target] ?? Number.NaN),
    bits: p.reduce((sum, each) => (each > 0 ? sum - each * Math.log2(each) : sum), 0),
  };
}

const near = (got: number | undefined, wanted: number, within: number, what: string) =>
  assert.ok(Math.abs((got ?? Number.NaN) - wanted) < within, `${what}: ${got}, not ${wanted}`);

const rowOf = async (run: Run, site: string, token: number) => [
  ...(await run.get(site, { token })).data,
];

for (const backend of ["reference", "cpu", "webgpu"] as const)
  describe(`the lens on ${backend}`, () => {
    const isSlow = backend === "webgpu";
    for (const fixture of isSlow ? ["gpt2"] : ["gpt2", "llama3", "qwen3", "deepseek_v3"])
      it(`reads residuals through the norm and the unembedding: ${fixture}`, async () => {
        const [model, head] = [await opened(backend, fixture), await headOf(fixture)];
        const { ids } = expected(fixture);
        const run = await model.run(ids.slice(0, 9));
        const positions = [0, 4, -1];
        const sites = ["blocks.0.hook_resid_pre", "blocks.*.hook_resid_mid"];
        const record = await lens(run, { sites, positions, topK: 3 });
        assert.equal(record.sites.length, 1 + model.spec.nLayers);
        assert.deepEqual([...record.positions], [0, 4, 8]);
        assert.deepEqual([...record.targets], [ids[1], ids[5], -1]);
        for (const [s, site] of record.sites.entries())
          for (const [p, position] of [...record.positions].entries()) {
            const row = s * 3 + p;
            const target = record.targets[p] ?? -1;
            const wanted = told(head(await rowOf(run, site, position)), target);
            const what = `${site} ${position}`;
            near(record.entropyBits[row], wanted.bits, 1e-4, `entropy ${what}`);
            for (let k = 0; k < 3; k++) {
              const id = record.ids[row * 3 + k] ?? -1;
              near(record.probabilities[row * 3 + k], wanted.p[id] ?? 0, 1e-5, `p ${what}`);
              near(wanted.p[id], wanted.p[wanted.order[k] ?? 0] ?? 0, 1e-5, `place ${k} ${what}`);
            }
            if (target < 0) {
              assert.equal(record.ranks[row], -1);
              assert.ok(Number.isNaN(record.logProbs[row]));
              continue;
            }
            near(record.logProbs[row], wanted.logProb, 1e-4, `log p ${what}`);
            near(record.ranks[row], wanted.rank, 1.5, `rank ${what}`);
          }
      });

    for (const fixture of isSlow
      ? ["qwen2", MIXED]
      : ["gpt2", "qwen2", "gpt_oss", "deepseek_v32", MIXED])
      it(`says of the last block what the run says, bit for bit: ${fixture}`, async () => {
        const model = await opened(backend, fixture);
        const run = await model.run(promptOf(fixture).slice(0, 12), { logits: [-1] });
        const { state, catalog } = partsOf(run);
        const layer = model.spec.nLayers - 1;
        const several = fixture === MIXED;
        const name = `blocks.${layer}.hook_${several ? "streams" : "resid"}_post`;
        await run.capture(name);
        const whole = await run.get("hook_logits");
        const positions = [3, 11, 0, 1, 2];
        let seen = 0;
        for await (const { at, logits } of lensRows(state, {
          sites: [findSite(name, catalog)],
          positions,
        })) {
          assert.deepEqual(logits, whole.row(positions[at] ?? 0).data);
          seen++;
        }
        assert.equal(seen, positions.length);
        const record = await lens(run, { sites: name, positions: [-1], target: 7 });
        const { logProb } = told([...run.logits.data], 7);
        near(record.logProbs[0], logProb, 1e-6, "log p of the last row");
      });

    it("goes through translators of a tuned lens, and leaves the last block alone", async () => {
      const [model, head] = [await opened(backend, "llama3"), await headOf("llama3")];
      const run = await model.run(expected("llama3").ids.slice(0, 5));
      const { dModel: M, nLayers } = model.spec;
      const values = (size: number, of: (i: number) => number) =>
        Float32Array.from({ length: size }, (_, i) => of(i));
      const translators = new Map<string, Tensor>();
      for (let layer = 0; layer < nLayers; layer++) {
        const weight = values(M * M, (i) => Math.sin(i + layer) / M);
        translators.set(`${layer}.weight`, new Tensor(weight, [M, M]));
        translators.set(
          `${layer}.bias`,
          new Tensor(
            values(M, (i) => Math.cos(i + layer)),
            [M],
          ),
        );
      }
      const record = await lens(run, { translators, positions: [2], topK: 1 });
      assert.ok(record.translated);
      for (const [s, site] of record.sites.entries()) {
        const x = await rowOf(run, site, 2);
        const [weight, bias] = [translators.get(`${s}.weight`), translators.get(`${s}.bias`)];
        const moved = x.map(
          (value, i) =>
            value +
            (bias?.data[i] ?? 0) +
            x.reduce((sum, each, j) => sum + each * (weight?.data[i * M + j] ?? 0), 0),
        );
        const wanted = told(head(s === nLayers ? x : moved), record.targets[0] ?? -1);
        near(record.logProbs[s], wanted.logProb, 1e-4, `log p ${site}`);
        near(record.entropyBits[s], wanted.bits, 1e-4, `entropy ${site}`);
      }
      const { memory } = partsOf(run).state.device.backend;
      const { tensors } = memory;
      await lens(run, { translators, positions: [2] });
      assert.equal(partsOf(run).state.device.backend.memory.tensors, tensors);
    });
  });

it("a run without its model is refused by name, and the fix told", async (t) => {
  const model = await opened("cpu", "llama3");
  const folder = join(await temporaryFolder(t), "run");
  await saveRun(await model.run([3, 1, 4]), folder);
  const loaded = await loadRun(folder);
  for (const [work, what] of [
    [lens(loaded), "lens"],
    [attribution(loaded, 1), "attribution"],
  ] as const)
    await assert.rejects(work, {
      code: "ERR_NOT_RECORDED",
      message: new RegExp(`^${what}: expected a run whose model is loaded, .* Load the model`),
    });
  loaded.dispose();
});

it("the lens refuses by name what it cannot read", async () => {
  const model = await opened("cpu", "llama3");
  const run = await model.run([3, 1, 4]);
  const refused = (work: Promise<unknown>, code: string, message: RegExp) =>
    assert.rejects(work, { code, message });
  await refused(
    lens(run, { sites: "blocks.0.hook_attn_out" }),
    "ERR_SITE_SHAPE",
    /got blocks\.0\.hook_attn_out/,
  );
  await refused(lens(run, { positions: [3] }), "ERR_SELECTION", /from -3 to 2, got 3/);
  await refused(lens(run, { positions: [] }), "ERR_OPTION", /"all" or a list/);
  await refused(lens(run, { sites: [] }), "ERR_OPTION", /lens sites: .* got none/);
  await refused(lens(run, { target: 1e9 }), "ERR_TOKEN_ID", /got 1000000000/);
  await refused(lens(run, { target: [1] }), "ERR_OPTION", /one for each of 3 positions, got 1/);
  await refused(lens(run, { topK: 0 }), "ERR_OPTION", /at least 1/);
  await refused(lens(run, { translators: new Map() }), "ERR_OPTION", /a tensor "0\.weight"/);
  await refused(
    lens(run, { translators: new Map(), sites: "blocks.0.hook_resid_mid" }),
    "ERR_OPTION",
    /between blocks/,
  );
  await refused(lens(run, { signal: AbortSignal.abort() }), "ERR_ABORTED", /aborted/);
  const edits = [add("ln_final.hook_normalized", 1)];
  await refused(lens(await model.run([3, 1, 4], { edits })), "ERR_EDIT", /ln_final/);
  const mixed = await opened("cpu", MIXED);
  const streams = await mixed.run(promptOf(MIXED).slice(0, 3));
  await refused(
    lens(streams, { sites: "blocks.0.hook_resid_pre" }),
    "ERR_SITE_SHAPE",
    /hook_streams_pre/,
  );
});
