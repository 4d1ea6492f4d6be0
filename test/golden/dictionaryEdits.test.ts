import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { readEdits } from "../../engine/act/readEdits.node.ts";
import {
  add,
  featureActivations,
  features,
  loadDictionary,
  loadRun,
  type Model,
  type Run,
  replayRecord,
  saveRun,
  Tensor,
} from "../../engine/index.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { assertSameBits } from "./compare.ts";
import { expected, fixtureFolder, openModel } from "./openModel.ts";

const folderOf = (name: string) =>
  fileURLToPath(new URL(`../fixtures/dictionaries/${name}/`, import.meta.url));

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});

const IDS = expected("llama3").ids.slice(0, 10);

async function opened(backend: "reference" | "cpu" | "webgpu"): Promise<Model> {
  const { model } = await openModel(backend, fixtureFolder("llama3"));
  models.push(model);
  return model;
}

/** (T) what a feature is at each token. */
async function activationsOf(run: Run, name: string, feature: number): Promise<number[]> {
  const { offsets, ids, values } = await featureActivations(
    run,
    await loadDictionary(folderOf(name)),
  );
  return Array.from({ length: offsets.length - 1 }, (_, row) => {
    const at = ids.subarray(offsets[row], offsets[row + 1]).indexOf(feature);
    return at < 0 ? 0 : (values[(offsets[row] ?? 0) + at] ?? 0);
  });
}

for (const backend of ["reference", "cpu", "webgpu"] as const)
  describe(`edits of features on ${backend}`, () => {
    for (const name of ["standard", "topk", "transcoder"])
      it(`add the difference along the decoder, and keep what the dictionary misses: ${name}`, async () => {
        const model = await opened(backend);
        const dictionary = await loadDictionary(folderOf(name));
        const plain = await model.run(IDS);
        const found = await featureActivations(plain, dictionary);
        const feature = found.ids[0] ?? -1;
        const old = await activationsOf(plain, name, feature);
        const decoder = dictionary.decoder(feature).data;
        const by = old.flatMap((value) => [...decoder].map((d) => (2.5 - value) * d));
        const wanted = await model.run(IDS, {
          edits: [
            add(dictionary.siteOut, new Tensor(Float64Array.from(by), [10, 64]), {
              position: [0, 10],
            }),
          ],
        });
        const run = await model.run(IDS, { edits: [features(dictionary).set({ [feature]: 2.5 })] });
        const [got, expectedLogits] = [run.logits.data, wanted.logits.data];
        const most = Math.max(...Array.from(expectedLogits, Math.abs));
        for (const [i, x] of expectedLogits.entries())
          assert.ok(
            Math.abs((got[i] ?? Number.NaN) - x) < 1e-5 * most,
            `logit ${i}: ${got[i]}, not ${x}`,
          );
        const moved = plain.logits.data.some((x, i) => Math.abs(x - (got[i] ?? x)) > 1e-3 * most);
        assert.ok(moved, "the edit does something");
      });

    it("by their own activations change no bit, and touch the rows that they name", async () => {
      const model = await opened(backend);
      const plain = await model.run(IDS);
      const dictionary = await loadDictionary(folderOf("standard"));
      const ofAll = Object.fromEntries(Array.from({ length: 48 }, (_, id) => [id, 1]));
      const run = await model.run(IDS, {
        edits: [features(dictionary, { position: [2, 4] }).scale(ofAll)],
      });
      assertSameBits(run.logits, plain.logits, "logits");
      assert.deepEqual(run.edits[0]?.positions, [2, 4]);
      assert.equal(run.edits[0]?.columns, 64);
      const off = await model.run(IDS, {
        edits: [
          features(dictionary, { position: 3 }).scale(
            Object.fromEntries(Object.keys(ofAll).map((id) => [id, 0])),
          ),
        ],
      });
      const [a, b] = [await off.get(dictionary.site), await plain.get(dictionary.site)];
      for (let row = 0; row < 10; row++) {
        const same = b.row(row).data.every((x, i) => x === a.row(row).data[i]);
        assert.equal(same, row !== 3, `row ${row}`);
      }
    });

    for (const name of ["standard", "transcoder"])
      it(`come to the same bits in prompts together as alone: ${name}`, async () => {
        const model = await opened(backend);
        const of = features(await loadDictionary(folderOf(name)), { position: -1 });
        const everywhere = features(await loadDictionary(folderOf(name)));
        const later = features(await loadDictionary(folderOf(name)), { position: -1, after: true });
        const more = add(everywhere.set({}).site, 0.5, { after: true });
        const prompts = [IDS, IDS.slice(0, 7), [...IDS.slice(0, 7), 3]];
        for (const edits of [
          [of.set({ 1: 9 })],
          [everywhere.set({ 1: 9, 5: 2 }), later.scale({ 7: 3 })],
          [everywhere.set({ 1: 9 }), more, later.scale({ 7: 3 })],
        ]) {
          const alone = [];
          for (const ids of prompts) alone.push(await model.run(ids, { edits }));
          let i = 0;
          for await (const run of model.runAll(prompts, { edits })) {
            assertSameBits(run.logits, (alone[i] as Run).logits, `logits of prompt ${i}`);
            i += 1;
          }
          assert.equal(i, prompts.length);
        }
        const edits = [everywhere.set({ 1: 9 })];
        const asked = { edits, maxTokens: 4, ignoreEos: true, temperature: 0 };
        const together = model.generateAll(prompts, asked);
        for await (const _ of together);
        for (const [p, ids] of prompts.entries()) {
          const generation = model.generate(ids, asked);
          for await (const _ of generation);
          const own = together.generations[p] ?? assert.fail();
          assertSameBits(own.run.logits, generation.run.logits, `logits of generation ${p}`);
          const plain = model.generate(ids, { ...asked, edits: [] });
          for await (const _ of plain);
          assert.notDeepEqual(
            plain.run.logits.data,
            generation.run.logits.data,
            "it does something",
          );
        }
      });
  });

describe("an edit of features", () => {
  it("stands in run.edits, in records, which replay it from its files, and in files of edits", async (t) => {
    const model = await opened("cpu");
    const folder = await temporaryFolder(t);
    const dictionary = await loadDictionary(folderOf("standard"));
    const edit = features(dictionary, { position: [1, 5] }).set({ 3: 4 });
    const run = await model.run(IDS, { edits: [edit] });
    const { edit: told } = run.edits[0] ?? assert.fail();
    assert.deepEqual(JSON.parse(JSON.stringify(told)), {
      kind: "features",
      site: "blocks.1.hook_resid_pre",
      dictionary: { folder: dictionary.folder, sha256: dictionary.sha256 },
      position: [1, 5],
      set: { 3: 4 },
    });
    await saveRun(run, join(folder, "record"));
    const read = await loadRun(join(folder, "record"));
    assert.deepEqual(JSON.parse(JSON.stringify(read.edits)), JSON.parse(JSON.stringify(run.edits)));
    assert.equal((await replayRecord(join(folder, "record"), model)).same, true);

    const path = join(folder, "edits.json");
    const { site: _, ...short } = JSON.parse(JSON.stringify(told)) as Record<string, unknown>;
    await writeFile(path, JSON.stringify([short]));
    const [again] = await readEdits(path);
    assert.ok(again);
    assertSameBits((await model.run(IDS, { edits: [again] })).logits, run.logits, "from a file");
    const altered = { ...short, dictionary: { folder: dictionary.folder, sha256: "0" } };
    await writeFile(path, JSON.stringify([altered]));
    await assert.rejects(readEdits(path), { code: "ERR_DICTIONARY", message: /sha256 0, got/ });
    await writeFile(path, JSON.stringify([{ ...short, dictionary: 3 }]));
    await assert.rejects(readEdits(path), { code: "ERR_EDIT", message: /"folder"/ });
  });

  it("is replayed from another working directory than the one in which its dictionary had a relative path", async (t) => {
    const model = await opened("cpu");
    const folder = await temporaryFolder(t);
    const dictionary = await loadDictionary(relative(process.cwd(), folderOf("standard")));
    const run = await model.run(IDS, { edits: [features(dictionary).set({ 3: 4 })] });
    await saveRun(run, join(folder, "record"));
    const before = process.cwd();
    t.after(() => process.chdir(before));
    process.chdir(folder);
    assert.equal((await replayRecord("record", model)).same, true);
    const [{ edit } = assert.fail()] = run.edits;
    await writeFile("edits.json", JSON.stringify([edit]));
    const edits = await readEdits("edits.json");
    assertSameBits((await model.run(IDS, { edits })).logits, run.logits, "from a file");
  });

  it("is refused where it cannot be", async () => {
    const model = await opened("cpu");
    const dictionary = await loadDictionary(folderOf("standard"));
    const run = (edit: unknown) => model.run(IDS, { edits: [edit as never] });
    const of = features(dictionary);
    await assert.rejects(run(of.set({ 48: 1 })), {
      code: "ERR_SELECTION",
      message: /0 to 47, got 48/,
    });
    for (const set of [{}, { "": 1 }, { "07": 1 }])
      await assert.rejects(run(of.set(set)), /an object of finite numbers by feature as set/);
    await assert.rejects(
      run({ ...of.set({ 1: 2 }), scale: { 1: 0 } }),
      /in set or in scale, got 1 in both/,
    );
    await assert.rejects(
      run({ ...of.set({ 1: 2 }), dictionary: { folder: "x" } }),
      /loadDictionary\(folder\)/,
    );
    await assert.rejects(
      run({ ...of.set({ 1: 2 }), dictionary: 1 }),
      /a dictionary of loadDictionary/,
    );
    await assert.rejects(run({ ...of.set({ 1: 2 }), site: "blocks.0.hook_resid_pre" }), {
      code: "ERR_EDIT",
      message: /the dictionary's own site, blocks\.1\.hook_resid_pre, got blocks\.0/,
    });
    const wide = await loadDictionary(folderOf("standard"), { site: "blocks.0.mlp.hook_post" });
    await assert.rejects(run(features(wide).set({ 1: 2 })), /rows of 64 numbers.*got .*with 96/);
    const backwards = await loadDictionary(folderOf("transcoder"), {
      siteOut: "blocks.0.hook_resid_post",
    });
    await assert.rejects(
      run(features(backwards).set({ 1: 2 })),
      /a site before blocks\.0\.hook_resid_post/,
    );
  });
});
