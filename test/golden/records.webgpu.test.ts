import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { loadModel, loadRun, replayRecord } from "../../engine/index.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { assertClose, assertSameBits } from "./compare.ts";
import { fixtureFolder } from "./openModel.ts";

process.env.LP_NUM_THREADS ??= "0";

const MAP = "blocks.1.attn.hook_pattern";

test("a record of webgpu replays there to the same bits, and its maps have them there", async (t) => {
  const folder = join(await temporaryFolder(t), "run");
  const model = await loadModel(fixtureFolder("deepseek_v3"), { backend: "webgpu" });
  t.after(() => model.dispose());
  const run = await model.run([5, 9, 21, 9, 33, 64, 9]);
  await run.save(folder);
  const { difference, notes } = await replayRecord(folder, model);
  assert.deepEqual({ difference, notes }, { difference: null, notes: [] });
  const map = await run.get(MAP);
  const there = await loadRun(folder, { backend: "webgpu" });
  t.after(() => there.dispose());
  assertSameBits(await there.get(MAP), map, MAP);
  const elsewhere = await loadRun(folder);
  t.after(() => elsewhere.dispose());
  assertClose((await elsewhere.get(MAP)).data, map.data, 1e-5, MAP);
});

test("a replay on another backend says where it parts, and that it is another", async (t) => {
  const folder = join(await temporaryFolder(t), "run");
  const model = await loadModel(fixtureFolder("deepseek_v3"), { backend: "cpu" });
  t.after(() => model.dispose());
  const other = await loadModel(fixtureFolder("deepseek_v3"), { backend: "webgpu" });
  t.after(() => other.dispose());
  await (await model.run([5, 9, 21, 9, 33, 64, 9], { keep: "all" })).save(folder);
  const { same, difference, notes } = await replayRecord(folder, other);
  assert.equal(same, false);
  assert.ok(difference !== null && Math.abs(difference.recorded - difference.replayed) < 1e-4);
  assert.match(notes.join(), /backend name: the record has cpu, the model runs with webgpu/);
});
