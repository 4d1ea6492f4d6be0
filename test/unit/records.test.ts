import assert from "node:assert/strict";
import { cp, open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  loadModel,
  loadRun,
  type Model,
  replayRecord,
  verifyRecord,
} from "../../engine/index.node.ts";
import { MANIFEST } from "../../engine/record/manifest.ts";
import { writeFolder } from "../../engine/record/writeFolder.node.ts";
import { resealRecord } from "../fixtures/resealRecord.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { fixtureFolder } from "../golden/openModel.ts";

const IDS = [5, 9, 21, 9, 33, 64, 9, 21, 3, 40, 8];

const opened = new Map<string, Promise<Model>>();
function modelOf(name: string): Promise<Model> {
  const model = opened.get(name) ?? loadModel(fixtureFolder(name), { backend: "cpu", threads: 1 });
  opened.set(name, model);
  return model;
}
after(async () => {
  for (const model of opened.values()) (await model).dispose();
});

test("a replay names the first site and token where it parts, with both numbers", async (t) => {
  const folder = join(await temporaryFolder(t), "run");
  const model = await modelOf("qwen3_moe");
  const run = await model.run(IDS, { capture: "blocks.*.hook_resid_post" });
  await run.save(folder);
  const site = "blocks.1.hook_resid_post";
  const path = join(folder, "tensors.safetensors");
  const bytes = await readFile(path);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length));
  const width = model.spec.dModel;
  const at = 8 + length + header[site].data_offsets[0] + 4 * (3 * width + 5);
  const recorded = bytes.readFloatLE(at);
  const changed = Math.fround(recorded * (1 + 2 ** -23));
  bytes.writeFloatLE(changed, at);
  await writeFile(path, bytes);
  await assert.rejects(verifyRecord(folder), {
    code: "ERR_RECORD_ALTERED",
    message: /run\/tensors\.safetensors: expected the sha256 [0-9a-f]{64}, got [0-9a-f]{64}/,
  });
  await resealRecord(folder);
  const { same, difference } = await replayRecord(folder, model);
  assert.equal(same, false);
  assert.deepEqual(difference, {
    ...{ site, layer: 1, token: 3, index: 5, recorded: changed, replayed: recorded },
  });
});

test("two saves of a run have one id, and a folder is never written over", async (t) => {
  const folder = await temporaryFolder(t);
  const model = await modelOf("qwen3_moe");
  const run = await model.run(IDS);
  const first = await run.save(join(folder, "a"));
  assert.equal(await run.save(join(folder, "b")), first);
  await assert.rejects(run.save(join(folder, "b")), { code: "ERR_OUTPUT" });
  assert.deepEqual(await readdir(folder), ["a", "b"]);
});

test("what does not fit is left out and named, and refused by its name", async (t) => {
  const folder = join(await temporaryFolder(t), "run");
  const model = await modelOf("deepseek_v3");
  const run = await model.run(IDS, { keep: "nothing" });
  await assert.rejects(run.save(folder, { bytes: 10 }), { code: "ERR_BUDGET" });
  await run.save(folder, { bytes: 8000 });
  const manifest = JSON.parse(await readFile(join(folder, MANIFEST), "utf8"));
  const left = manifest.content.left_out.map(({ what }: { what: string }) => what);
  assert.ok(left.includes("maps of attention of layer 0"), left.join());
  const loaded = await loadRun(folder);
  t.after(() => loaded.dispose());
  await assert.rejects(loaded.get("blocks.0.attn.hook_pattern"), {
    code: "ERR_NOT_RECORDED",
    message: /save the run with sites: "blocks\.0\.attn\.hook_pattern"/,
  });
  await assert.rejects(loaded.headMetrics({ layer: 0 }), { code: "ERR_NOT_RECORDED" });
  await assert.rejects(loaded.get("hook_logits"), { code: "ERR_NOT_RECORDED" });
  await assert.rejects(loaded.get("blocks.0.attn.hook_v"), { code: "ERR_NOT_RECORDED" });
  await assert.rejects(loaded.again(), { code: "ERR_NOT_RECORDED" });
  await assert.rejects(loaded.save(`${folder}2`), { code: "ERR_NOT_RECORDED" });
});

test("every file of a record that is torn, altered or gone is named", async (t) => {
  const folder = await temporaryFolder(t);
  const model = await modelOf("qwen3_moe");
  const whole = join(folder, "whole");
  await (await model.run(IDS)).save(whole);
  const names = (await readdir(whole)).filter((name) => name !== MANIFEST);
  assert.ok(names.length >= 6, names.join());
  for (const [i, name] of names.entries()) {
    const copy = join(folder, `copy${i}`);
    await cp(whole, copy, { recursive: true });
    const file = await open(join(copy, name), "r+");
    const { size } = await file.stat();
    const byte = new Uint8Array(1);
    await file.read(byte, 0, 1, size >> 1);
    await file.write(Uint8Array.of((byte[0] ?? 0) ^ 1), 0, 1, size >> 1);
    const said = { code: "ERR_RECORD_ALTERED", message: new RegExp(`copy${i}/${name}: expected`) };
    await assert.rejects(loadRun(copy), said);
    await file.truncate(size - 1);
    await file.close();
    await assert.rejects(verifyRecord(copy), {
      ...said,
      message: new RegExp(`${size} bytes, got`),
    });
  }
  const text = await readFile(join(whole, MANIFEST), "utf8");
  const wrong = async (changed: string, code: string) => {
    await writeFile(join(whole, MANIFEST), changed);
    await assert.rejects(loadRun(whole), { code }, changed.slice(0, 60));
  };
  await wrong(text.slice(0, -20), "ERR_RECORD");
  await wrong(text.replace('"n_prompt": 11', '"n_prompt": 10'), "ERR_RECORD_ALTERED");
  await wrong(text.replace('"version": 1', '"version": 2'), "ERR_RECORD_VERSION");
  await wrong("{}", "ERR_RECORD");
  await assert.rejects(verifyRecord(join(folder, "none")), { code: "ERR_RECORD_MISSING" });
});

test("other weights are refused by name", async (t) => {
  const folder = await temporaryFolder(t);
  const model = await modelOf("qwen3_moe");
  await (await model.run(IDS)).save(join(folder, "run"));
  await assert.rejects(replayRecord(join(folder, "run"), await modelOf("llama3")), {
    code: "ERR_RECORD_MODEL",
    message: /expected the weights [0-9a-f]{64} of qwen3_moe/,
  });
});

test("a folder appears whole or not at all", async (t) => {
  const folder = await temporaryFolder(t);
  const target = join(folder, "record");
  const failing = writeFolder(target, async (temporary) => {
    await writeFile(join(temporary, "a.txt"), "a");
    throw new Error("no more");
  });
  await assert.rejects(failing, /no more/);
  assert.deepEqual(await readdir(folder), []);
  await writeFolder(target, (temporary) => writeFile(join(temporary, "a.txt"), "a"));
  assert.deepEqual(await readdir(folder), ["record"]);
});
