import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { SHIPPED_CONFIGS } from "../../engine/whatif/shippedConfigs.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { fakeHub } from "../fixtures/fakeHub.ts";

const folder = mkdtempSync(join(tmpdir(), "vitrine-plan-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the built command; the hub, where one is asked, may live in this process. */
async function plan(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [inRepository("bin/vitrine.mjs"), "plan", ...args], {
    cwd: folder,
    env: { ...process.env, HF_HUB_OFFLINE: "1", ...env },
  });
  let out = "";
  let error = "";
  child.stdout.on("data", (bytes) => (out += bytes));
  child.stderr.on("data", (bytes) => (error += bytes));
  const [code] = await once(child, "close");
  return { code, out, error };
}

function writeConfig(name: string, config: unknown): string {
  const path = join(folder, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "config.json"), JSON.stringify(config));
  return path;
}

test("a folder with config.json alone is told to fit or not, how fast and for how much", async () => {
  const path = writeConfig("my-llama", SHIPPED_CONFIGS["llama-3.1-8b"]?.config);
  const { code, out, error } = await plan([
    ...["--model", path, "--device", "h800", "--weights", "bf16"],
  ]);
  assert.equal(code, 0, error);
  for (const expected of [
    /my-llama on 1 x NVIDIA H800 SXM: computed, nothing measured/,
    /8\.03 B, of which a token meets 7\.50 B/,
    /gqa 131,072 bytes a token in bf16; it would be mha 524,288/,
    /yes +1[67]\.\d GB of 80 GB/,
    /bound by memory/,
    /output +\$\d/,
    /2412\.19437/,
  ])
    assert.match(out, expected);
});

test("the same as JSON is the record of whatIf", async () => {
  const { code, out, error } = await plan([
    ...["--model", "deepseek-v3", "--device", "h800", "--devices", "8", "--json"],
  ]);
  assert.equal(code, 0, error);
  const record = JSON.parse(out);
  assert.equal(record.label, "computed");
  assert.equal(record.caches[0].bytesPerToken, 70_272);
  assert.equal(record.memory.fits, false);
  assert.equal(record.context, 4096);
});

test("of a repository on the hub config.json alone is fetched, and the model is not taken as cached", async (t) => {
  const config = Buffer.from(JSON.stringify(SHIPPED_CONFIGS["qwen3-0.6b"]?.config));
  const hub = await fakeHub(t, "someone/small", {
    "config.json": config,
    "model.safetensors": Buffer.alloc(4096),
    "tokenizer.json": Buffer.from("{}"),
  });
  const cache = join(folder, "cache");
  const env = { HF_ENDPOINT: hub.url, HF_HUB_CACHE: cache, HF_HUB_OFFLINE: "" };
  const { code, out, error } = await plan(["--model", "someone/small", "--json"], env);
  assert.equal(code, 0, error);
  assert.equal(JSON.parse(out).model.totalParameters, 596_049_920);
  const snapshot = join(cache, "models--someone--small", "snapshots", hub.commit);
  assert.deepEqual(readdirSync(snapshot), ["config.json"]);
  await hub.close();
  const later = await plan(["--model", "someone/small", "--json"], { HF_HUB_CACHE: cache });
  assert.deepEqual([later.code, later.out], [0, out]); // from the cache, without network
});

test("a repository of GGUF files is told what is needed", async (t) => {
  const hub = await fakeHub(t, "someone/packed", { "model-Q4_K_M.gguf": Buffer.alloc(64) });
  const env = { HF_ENDPOINT: hub.url, HF_HUB_CACHE: join(folder, "other"), HF_HUB_OFFLINE: "" };
  const { code, error } = await plan(["--model", "someone/packed"], env);
  assert.equal(code, 1);
  assert.match(error, /GGUF files without one\. Name the repository that they were made from/);
  await hub.close();
});

test("this machine is asked for its measurement, and told how to make one", async () => {
  const { code, error } = await plan(["--model", "gpt2", "--device", "here"], {
    XDG_CACHE_HOME: join(folder, "nothing-measured"),
  });
  assert.equal(code, 1);
  assert.match(
    error,
    /expected a measurement of this machine, got none .*Run vitrine doctor --measure/,
  );
});

test("wrong words are answered with what there is", async () => {
  const device = await plan(["--model", "gpt2", "--device", "abacus"]);
  assert.equal(device.code, 2);
  assert.match(device.error, /expected one of these, got "abacus".*\n {2}a100 +NVIDIA A100/);
  const model = await plan(["--model", "deepseek-v33"]);
  assert.equal(model.code, 1);
  assert.match(model.error, /Did you mean deepseek-v3/);
  const weights = await plan(["--model", "gpt2", "--weights", "q3"]);
  assert.equal(weights.code, 2);
  const lone = await plan(["--model", "gpt2", "--devices", "2"]);
  assert.equal(lone.code, 2);
  const empty = join(folder, "empty");
  cpSync(inRepository("models/tiny/README.md"), join(empty, "README.md"));
  const nothing = await plan(["--model", empty]);
  assert.equal(nothing.code, 1);
  assert.match(nothing.error, /config\.json: expected the file at/);
});
