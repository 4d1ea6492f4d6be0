import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import {
  add,
  type EditRequest,
  features,
  loadDictionary,
  type Model,
  type Run,
  type Stepper,
} from "../../engine/index.node.ts";
import { assertSameBits } from "./compare.ts";
import { expected, fixtureFolder, openModel } from "./openModel.ts";

const folderOf = (name: string) =>
  fileURLToPath(new URL(`../fixtures/dictionaries/${name}/`, import.meta.url));

const IDS = expected("llama3").ids.slice(0, 10);

const models: Model[] = [];
after(() => {
  for (const model of models) model.dispose();
});

async function opened(backend: "reference" | "cpu" | "webgpu", name = "llama3"): Promise<Model> {
  const { model } = await openModel(backend, fixtureFolder(name));
  models.push(model);
  return model;
}

/** What a stepper shows of a site has the bits of a run's rows. */
async function assertSeen(stepper: Stepper, run: Run, site: string): Promise<void> {
  const { start, end } = stepper.place;
  const wanted = await run.get(site, { token: [start, end] });
  assertSameBits(await stepper.value(site), wanted, `${site} of ${start} to ${end}`);
}

async function assertSameRun(run: Run, whole: Run): Promise<void> {
  assert.deepEqual(
    run.tokens.map(({ id, logprob }) => [id, logprob]),
    whole.tokens.map(({ id, logprob }) => [id, logprob]),
  );
  for (const { name } of whole.sites())
    assertSameBits(await run.get(name), await whole.get(name), `finished: ${name}`);
}

for (const backend of ["reference", "cpu", "webgpu"] as const)
  describe(`a stepper with edits of features on ${backend}`, () => {
    for (const name of ["standard", "topk", "transcoder"])
      it(`has the bits of a run with them, there and back: ${name}`, async () => {
        const model = await opened(backend);
        const dictionary = await loadDictionary(folderOf(name));
        const site = dictionary.siteOut;
        const edits = [
          features(dictionary, { position: [2, 9] }).set({ 1: 9, 5: 2 }),
          features(dictionary, { position: -1 }).scale({ 7: 3 }),
        ];
        const plain = await model.run(IDS, { capture: site });
        const whole = await model.run(IDS, { edits, capture: "**" });
        assert.notDeepEqual((await whole.get(site)).data, (await plain.get(site)).data);
        const stepper = await model.step(IDS, { edits, tokensPerStep: 4 });
        for (let steps = 0; steps < 3; steps++) {
          const { reason, executed } = await stepper.runTo(site);
          assert.equal(reason, "breakpoint");
          await assertSeen(stepper, whole, site);
          await stepper.next();
          await assertSeen(stepper, whole, site);
          await stepper.back();
          await stepper.back(); // before what writes the site
          await assert.rejects(stepper.value(site), { code: "ERR_NOT_COMPUTED" });
          await stepper.next();
          assert.equal(stepper.place.executed, executed);
          await assertSeen(stepper, whole, site);
          if (steps < 2) await stepper.next("token");
        }
        await stepper.back("token");
        await stepper.back(); // into the step before, which is executed once more
        await assertSeen(stepper, whole, site);
        await stepper.runTo(site);
        const other = await stepper.branch();
        await assertSeen(other, whole, site);
        for (const each of [stepper, other]) await assertSameRun(await each.finish(), whole);
      });

    it("appends the tokens of a generation with them", async () => {
      const model = await opened(backend);
      const edits = [features(await loadDictionary(folderOf("standard"))).set({ 1: 9, 5: 2 })];
      const asked = { edits, maxTokens: 3, ignoreEos: true, temperature: 0 };
      const generation = model.generate(IDS, { ...asked, capture: "**" });
      for await (const _ of generation);
      const stepper = await model.step(IDS, { edits, maxTokens: 3 });
      for (let i = 0; i < 4; i++) await stepper.next("token");
      await assertSameRun(await stepper.finish(), generation.run);
    });

    it("is set by hand behind them, as a run with its edits repeats", async () => {
      const model = await opened(backend);
      const dictionary = await loadDictionary(folderOf("standard"));
      const site = dictionary.siteOut;
      const before = add(site, 0.5);
      const changed = features(dictionary, { after: true }).set({ 1: 9 });
      const behind = add(site, 0.25, { position: 4, after: true });
      const edits: EditRequest[] = [before, changed, behind];
      const stepper = await model.step(IDS, { edits });
      await stepper.runTo(site);
      const numbers = await stepper.value(site);
      await assertSeen(stepper, await model.run(IDS, { edits, capture: site }), site);
      await stepper.set(site, 0.75, { position: [3, 6] });
      const given = stepper.edits;
      const finished = await stepper.finish();
      assert.deepEqual(
        finished.edits.map(({ edit }) => edit.kind),
        ["add", "features", "add", "replace"],
      );
      const again = await model.run(IDS, { edits: given, capture: "**" });
      await assertSameRun(finished, again);
      const rows = await again.get(site);
      for (let row = 0; row < IDS.length; row++)
        if (row >= 3 && row < 6) assert.ok(rows.row(row).data.every((x) => x === 0.75));
        else assert.deepEqual(rows.row(row).data, numbers.row(row).data);
    });
  });

describe("a stepper with a transcoder's features", () => {
  it("refuses to write what they were read from once they have changed", async () => {
    const model = await opened("cpu", "olmoe");
    const [site, siteOut] = ["blocks.0.attn.hook_rot_q", "blocks.0.attn.hook_v"];
    const dictionary = await loadDictionary(folderOf("transcoder"), { site, siteOut });
    const edits = [features(dictionary).set({ 1: 9 })];
    const stepper = await model.step(IDS, { edits });
    await stepper.runTo(site);
    await stepper.set(site, 0.5);
    await stepper.runTo(siteOut);
    await assert.rejects(stepper.set(site, 0.25), {
      code: "ERR_EDIT",
      message: /no operator has read yet, got .*hook_rot_q, which an edit of .*hook_v has read/,
    });
    const given = stepper.edits;
    const finished = await stepper.finish();
    const again = await model.run(IDS, { edits: given, capture: "**" });
    await assertSameRun(finished, again);
  });
});
