import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, it, test } from "node:test";
import {
  add,
  change,
  heads,
  loadModel,
  loadRun,
  type Model,
  type Run,
  replayRecord,
  scale,
  verifyRecord,
} from "../../engine/index.node.ts";
import { resealRecord } from "../fixtures/resealRecord.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { assertSameBits } from "./compare.ts";
import { fixtureFolder } from "./openModel.ts";

const IDS = [5, 9, 21, 9, 33, 64, 9, 21, 3, 40, 8];

const opened = new Map<string, Promise<Model>>();
function modelOf(name: string, backend: "cpu" | "reference" = "cpu"): Promise<Model> {
  const key = `${backend} ${name}`;
  const model =
    opened.get(key) ?? loadModel(name === "tiny" ? name : fixtureFolder(name), { backend });
  opened.set(key, model);
  return model;
}
after(async () => {
  for (const model of opened.values()) (await model).dispose();
});

/** Everything that pictures ask of a run, of both alike. */
async function assertSameAnswers(loaded: Run, run: Run): Promise<void> {
  assert.deepEqual(loaded.record, run.record);
  assert.deepEqual(loaded.logitRows, run.logitRows);
  assertSameBits(loaded.logits, run.logits, "logits");
  assert.deepEqual(loaded.cost(), run.cost());
  assert.deepEqual(loaded.costByLength(), run.costByLength());
  assert.deepEqual(loaded.model.anatomy(), run.model.anatomy());
  assert.deepEqual(await loaded.routing({ choices: true }), await run.routing({ choices: true }));
  assertSameBits(await loaded.get("hook_logits"), await run.get("hook_logits"), "hook_logits");
  for (const [layer, { attention }] of run.model.spec.layers.entries()) {
    assert.deepEqual(await loaded.headMetrics({ layer }), await run.headMetrics({ layer }));
    const part = {
      layer,
      head: 0,
      headCount: attention.nHeads,
      pool: 2,
      poolKind: "mean",
    } as const;
    assert.deepEqual(await loaded.attentionTile(part), await run.attentionTile(part));
    const map = `blocks.${layer}.attn.hook_pattern`;
    assertSameBits(await loaded.get(map), await run.get(map), map);
    if (attention.kind === "mla" && attention.indexer !== null)
      assert.deepEqual(await loaded.droppedMass(layer), await run.droppedMass(layer));
  }
  for (const { name, state } of loaded.sites())
    if (state === "recorded") assertSameBits(await loaded.get(name), await run.get(name), name);
}

describe("a run that was saved and loaded answers as the run", () => {
  for (const [name, backend] of [
    ["qwen3_moe", "cpu"],
    ["deepseek_v32", "cpu"],
    ["gpt2", "cpu"],
    ["gpt_oss", "reference"],
    ["deepseek_v3", "reference"],
  ] as const)
    it(`${name} on ${backend}`, async (t) => {
      const folder = join(await temporaryFolder(t), "run");
      const model = await modelOf(name, backend);
      const run = await model.run(IDS, { capture: "blocks.0.hook_resid_post", chunkSize: 4 });
      t.after(() => run.dispose());
      const id = await run.save(folder, { sites: "blocks.1.attn.hook_v,blocks.1.hook_mlp_out" });
      assert.equal((await verifyRecord(folder)).id, id);
      const loaded = await loadRun(folder);
      t.after(() => loaded.dispose());
      await assertSameAnswers(loaded, run);
      const { same, difference, compared } = await replayRecord(folder, model);
      assert.deepEqual(difference, null);
      assert.ok(same && compared > 10);
    });
});

test("a generation is decoded again from its seed, and parts where its ids do", async (t) => {
  const folder = join(await temporaryFolder(t), "run");
  const model = await modelOf("tiny");
  const options = { maxTokens: 6, temperature: 0.9, seed: 11, ignoreEos: true };
  const generation = model.generate(IDS, { ...options, speculate: "mtp", draftTokens: 2 });
  for await (const _ of generation);
  await generation.run.save(folder);
  const loaded = await loadRun(folder);
  t.after(() => loaded.dispose());
  await assertSameAnswers(loaded, generation.run);
  assert.equal((await replayRecord(folder, model)).difference, null);
  await resealRecord(folder, (manifest) => {
    const content = manifest.content as { options: object };
    return { ...manifest, content: { ...content, options: { ...content.options, seed: 12 } } };
  });
  const { difference } = await replayRecord(folder, model);
  assert.equal(difference?.site, "tokens");
  assert.ok((difference?.token ?? 0) >= IDS.length);
});

test("a generation that was broken off is replayed as far as it went", async (t) => {
  const folder = join(await temporaryFolder(t), "run");
  const model = await modelOf("qwen3_moe");
  const generation = model.generate(IDS, { maxTokens: 8, ignoreEos: true });
  for await (const { index } of generation) if (index === IDS.length + 2) break;
  await generation.run.save(folder);
  assert.equal((await replayRecord(folder, model)).difference, null);
});

test("a run of text with edits keeps them to the bit", async (t) => {
  const folder = join(await temporaryFolder(t), "run");
  const model = await modelOf("tiny");
  const direction = Float32Array.from({ length: model.spec.dModel }, (_, i) =>
    i % 2 ? -0 : 0.1 * i,
  );
  const run = await model.run("12 + 29 =", {
    edits: [
      add("blocks.1.hook_resid_post", direction, { position: 2 }),
      scale("blocks.0.hook_attn_out", -0),
      heads({ layer: 0, head: 1 }).temperature(2),
      heads({ layer: 1, head: 0, position: 0 }).pattern([[1]]),
    ],
  });
  t.after(() => run.dispose());
  await run.save(folder);
  const loaded = await loadRun(folder);
  t.after(() => loaded.dispose());
  await assertSameAnswers(loaded, run);
  assert.equal(loaded.model.tokenText(65), model.tokenText(65));
  assert.throws(() => loaded.model.tokenizer, { code: "ERR_TOKENIZER_MISSING" });
  assert.equal((await replayRecord(folder, model)).difference, null);
});

test("a run with a function loads, and is refused to a replay", async (t) => {
  const folder = join(await temporaryFolder(t), "changed");
  const model = await modelOf("qwen3_moe");
  const edits = [change("blocks.0.hook_attn_out", () => undefined)];
  const run = await model.run(IDS, { edits });
  await run.save(folder);
  const loaded = await loadRun(folder);
  t.after(() => loaded.dispose());
  await assertSameAnswers(loaded, run);
  await assert.rejects(replayRecord(folder, model), { code: "ERR_REPLAY" });
});
