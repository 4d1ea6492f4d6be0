import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import type { ProgressListener } from "../../engine/base/progress.ts";
import { decodeRows } from "../../engine/dictionary/decodeRows.ts";
import { activate, encodeRows, encoderInput } from "../../engine/dictionary/encodeRows.ts";
import { hostProducts } from "../../engine/dictionary/products.ts";
import { someFeatures } from "../../engine/dictionary/someFeatures.ts";
import { deviceProducts } from "../../engine/explain/deviceProducts.ts";
import {
  type Dictionary,
  featureActivations,
  featureValues,
  loadDictionary,
  type Model,
  readSafetensors,
  reconstruct,
} from "../../engine/index.node.ts";
import { partsOf } from "../../engine/look/run.ts";
import { expected, fixtureFolder, openModel, tinyFolder } from "./openModel.ts";

const folderOf = (name: string) =>
  fileURLToPath(new URL(`../fixtures/dictionaries/${name}/`, import.meta.url));

const DICTIONARIES = [
  "standard",
  "standard_old",
  "gated",
  "jumprelu",
  "topk",
  "scaled",
  "transcoder",
  "jumprelu_skip_transcoder",
];

const opened = (name: string): Promise<Dictionary> =>
  loadDictionary(folderOf(name), name === "scaled" ? { activationScale: 0.37 } : {});

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});

async function runOf(backend: "reference" | "cpu" | "webgpu") {
  const { model } = await openModel(backend, fixtureFolder("llama3"));
  models.push(model);
  const { ids } = expected("llama3");
  return { model, run: await model.run(ids.slice(0, 12)) };
}

function assertNear(got: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void {
  assert.equal(got.length, wanted.length, what);
  const most = Math.max(1, ...Array.from(wanted, Math.abs));
  for (let i = 0; i < wanted.length; i++) {
    const [a = Number.NaN, b = Number.NaN] = [got[i], wanted[i]];
    assert.ok(Math.abs(a - b) <= 1e-5 * most, `${what} ${i}: ${a}, not ${b}`);
  }
}

describe("dictionaries in SAELens's layout", () => {
  for (const name of DICTIONARIES)
    it(`give torch's features and reconstruction: ${name}`, async () => {
      const dictionary = await opened(name);
      const { dIn, nFeatures, weights, config } = dictionary;
      const { tensors } = await readSafetensors(`${folderOf(name)}computed.safetensors`);
      const [x, features, wanted] = ["x", "features", "reconstruction"].map((key) =>
        tensors.get(key),
      );
      assert.ok(x && features && wanted);
      const rows = Float64Array.from(x.data);
      const products = hostProducts(weights.encoder, dIn);
      const found = await encodeRows(dictionary, rows, { products, most: nFeatures });
      const dense = new Float64Array(features.data.length);
      for (let row = 0; row < rows.length / dIn; row++) {
        const [start = 0, end = 0] = found.offsets.slice(row, row + 2);
        assert.equal(found.active[row], end - start);
        if (config.k !== null) assert.equal(end - start, config.k);
        const own = found.values.slice(start, end);
        assert.deepEqual(
          [...own],
          [...own].sort((a, b) => b - a),
          "the largest first",
        );
        for (let at = start; at < end; at++)
          dense[row * nFeatures + (found.ids[at] ?? 0)] = found.values[at] ?? 0;
      }
      assertNear(dense, features.data, "features");
      assertNear(decodeRows(dictionary, found, rows), wanted.data, "reconstruction");
    });

  it("have the same bits of some features alone", async () => {
    const ids = [17, ...Array.from({ length: 12 }, (_, i) => 4 * i)];
    for (const name of DICTIONARIES) {
      const dictionary = await opened(name);
      const { dIn, nFeatures, weights } = dictionary;
      const some = someFeatures(dictionary, ids);
      const { tensors } = await readSafetensors(`${folderOf(name)}computed.safetensors`);
      const x = tensors.get("x") ?? assert.fail();
      const { entering } = encoderInput(dictionary, Float64Array.from(x.data));
      const row = entering.subarray(0, dIn);
      const all = await hostProducts(weights.encoder, dIn)(row, 1);
      const few = await hostProducts(some.weights.encoder, dIn)(row, 1);
      assert.equal(few.length, dictionary.config.k === null ? ids.length : nFeatures, name);
      activate(dictionary, all);
      activate(some, few);
      assert.deepEqual(
        some.places.map((place) => few[place]),
        ids.map((id) => all[id]),
        name,
      );
      assert.ok(all.some((value) => value > 0));
    }
  });

  it("say what they are", async () => {
    const [topk, transcoder] = [await opened("topk"), await opened("transcoder")];
    assert.equal(`${topk}`, "Sparse autoencoder (topk 5) of 48 features, blocks.1.hook_resid_pre");
    assert.match(`${transcoder}`, /^Transcoder \(standard\) of 48 .* to blocks\.1\.hook_mlp_out$/);
    assert.deepEqual(topk.decoder(3).shape, [64]);
    assert.throws(() => topk.decoder(48), { code: "ERR_SELECTION" });
    const column = topk.encoder(2).data;
    assert.equal(column[1], topk.weights.encoder[48 + 2]);
  });
});

for (const backend of ["reference", "cpu", "webgpu"] as const)
  describe(`features of a run on ${backend}`, () => {
    it("are those of the site's rows, all or the largest", async () => {
      const { run } = await runOf(backend);
      const dictionary = await opened("standard");
      const all = await featureActivations(run, dictionary);
      const rows = Float64Array.from((await run.get(dictionary.site)).data);
      const products = hostProducts(dictionary.weights.encoder, dictionary.dIn);
      const wanted = await encodeRows(dictionary, rows, { products, most: 48 });
      assert.deepEqual([all.ids, all.values], [wanted.ids, wanted.values]);
      assert.equal(all.computedOn, "host");
      const two = await featureActivations(run, dictionary, { positions: [-1, 3], topK: 2 });
      assert.deepEqual([...two.positions], [11, 3]);
      assert.deepEqual([...two.offsets], [0, 2, 4]);
      const first = all.offsets[11] ?? 0;
      assert.deepEqual([...two.ids.slice(0, 2)], [...all.ids.slice(first, first + 2)]);
      assert.equal(two.active[0], all.active[11]);
      const [most = -1, other = -1] = [two.ids[0], wanted.ids[(wanted.offsets[12] ?? 0) - 1]];
      assert.equal(featureValues(all, most)[11], two.values[0]);
      assert.ok((featureValues(all, other)[11] ?? 0) > 0, "the smallest of the last token");
      assert.ok(Number.isNaN(featureValues(two, other)[0]), "which is not told among two");
      const [off = -1] = Array.from({ length: 48 }, (_, id) => id).filter(
        (id) => !all.ids.subarray(all.offsets[11], all.offsets[12]).includes(id),
      );
      assert.equal(featureValues(all, off)[11], 0);
      assert.throws(() => featureValues(all, 48), { code: "ERR_SELECTION" });
    });

    it("are the same by the device's products", async () => {
      const { model, run } = await runOf(backend);
      const dictionary = await opened("jumprelu");
      const rows = Float64Array.from((await run.get(dictionary.site)).data);
      const before = model.deviceMemory().bytes;
      const device = await deviceProducts(partsOf(run).state, dictionary);
      const made = await device.products(rows, 12);
      const held = model.deviceMemory().bytes;
      let endStep = (): void => undefined;
      const step = partsOf(run).state.device.mutex.run(
        () => new Promise<void>((resolve) => (endStep = resolve)),
      );
      const disposed = device.dispose();
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(model.deviceMemory().bytes, held, "nothing is freed under a step");
      endStep();
      await Promise.all([step, disposed]);
      assert.equal(model.deviceMemory().bytes, before);
      assertNear(made, await hostProducts(dictionary.weights.encoder, 64)(rows, 12), "products");
      assert.equal(device.computedOn, backend);
    });
  });

describe("a reconstruction", () => {
  it("and its error add up to the site, and its explained variance is of the rows' own", async () => {
    const { run } = await runOf("reference");
    for (const name of ["standard_old", "jumprelu_skip_transcoder"]) {
      const made = await reconstruct(run, await opened(name));
      const { data } = await run.get(made.site);
      const width = 64;
      const mean = Array.from({ length: width }, (_, i) => {
        const column = [...data].filter((_, at) => at % width === i);
        return column.reduce((sum, x) => sum + x, 0) / column.length;
      });
      let [missed, spread] = [0, 0];
      for (const [i, x] of data.entries()) {
        const [a = Number.NaN, b = Number.NaN] = [made.reconstruction.data[i], made.error.data[i]];
        assert.ok(Math.abs(a + b - x) < 1e-12 * Math.max(1, Math.abs(x)));
        missed += (x - a) ** 2;
        spread += (x - (mean[i % width] ?? 0)) ** 2;
      }
      assert.ok(
        Math.abs(made.meanSquaredError - missed / data.length) < 1e-9 * made.meanSquaredError,
      );
      assert.ok(Math.abs((made.explainedVariance ?? Number.NaN) - (1 - missed / spread)) < 1e-9);
      const { active } = await featureActivations(run, await opened(name));
      assert.equal(made.meanActive, active.reduce((sum, n) => sum + n, 0) / 12);
    }
    const one = await reconstruct(run, await opened("standard"), { positions: [4] });
    assert.equal(one.explainedVariance, null, "one row has no variance");
  });

  it("by the default model's own dictionary says most of what its site has", async () => {
    const { model } = await openModel("cpu", tinyFolder);
    models.push(model);
    const run = await model.run(
      model.tokenizer.encode("<｜User｜>7+5-3=?<｜Assistant｜><think>7+5=12"),
    );
    const own = fileURLToPath(new URL("../../models/tiny-dictionary/", import.meta.url));
    const positions = run.tokens.map(({ index }) => index).slice(1);
    const made = await reconstruct(run, await loadDictionary(own), { positions });
    assert.ok((made.explainedVariance ?? 0) > 0.6, `${made.explainedVariance}`);
    assert.equal(made.meanActive, 10);
  });

  it("of a dictionary of another width or site is refused", async () => {
    const { run } = await runOf("cpu");
    const elsewhere = (site: string) => loadDictionary(folderOf("standard"), { site });
    await assert.rejects(reconstruct(run, await elsewhere("blocks.0.mlp.hook_post")), {
      code: "ERR_SITE_SHAPE",
      message:
        /rows of 64 numbers, as the dictionary has, got blocks\.0\.mlp\.hook_post .*rows of 96/,
    });
    await assert.rejects(featureActivations(run, await elsewhere("blocks.9.hook_resid_pre")), {
      code: "ERR_SITE_UNKNOWN",
    });
    await assert.rejects(featureActivations(run, await opened("standard"), { topK: 0 }), {
      code: "ERR_OPTION",
    });
  });

  it("and features tell how far they are, and end at a signal, from the execution that brings their site on", async () => {
    const { model, run } = await runOf("cpu");
    const dictionary = await opened("standard");
    const signal = AbortSignal.abort();
    for (const look of [featureActivations, reconstruct])
      await assert.rejects(look(run, dictionary, { signal }), { code: "ERR_ABORTED" });
    const state = run.sites().find(({ name }) => name === dictionary.site)?.state;
    assert.equal(state, "replayed", "nothing was executed");
    const told: string[] = [];
    const onProgress: ProgressListener = ({ stage, done, total }) =>
      told.push(`${stage} ${done}/${total}`);
    await reconstruct(run, dictionary, { positions: [0, 5], onProgress });
    assert.deepEqual(told, ["prefill 12/12", "explain 2/2"]);
    const another = await model.run(run.tokens.map(({ id }) => id));
    await featureActivations(another, dictionary, { onProgress });
    assert.deepEqual(told.slice(2), ["prefill 12/12", "explain 12/12"]);
  });
});
