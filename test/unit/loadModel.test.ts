import assert from "node:assert/strict";
import { cp, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import {
  ConfigError,
  InputError,
  type VitrineError,
  WeightsError,
} from "../../engine/base/errors.ts";
import { loadModel, openBackend, type Progress } from "../../engine/index.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const source = fileURLToPath(new URL("../fixtures/hf-random/llama3/", import.meta.url));

/** A copy of a reference model that a test may damage. */
async function copyOfModel(t: TestContext): Promise<string> {
  const folder = join(await temporaryFolder(t), "model");
  await cp(source, folder, { recursive: true });
  return folder;
}

async function changeConfig(folder: string, change: Record<string, unknown>): Promise<void> {
  const path = join(folder, "config.json");
  const config = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...config, ...change }));
}

async function refused(
  folder: string,
  kind: typeof VitrineError,
  code: string,
  ...parts: string[]
) {
  await assert.rejects(loadModel(folder, { backend: "reference" }), (error) => {
    assert.ok(error instanceof kind, String(error));
    assert.equal(error.code, code);
    for (const part of parts) assert.ok(error.message.includes(part), error.message);
    return true;
  });
}

describe("loadModel", () => {
  it("loads a folder, reports each tensor, and takes token ids where there is no tokenizer", async () => {
    const seen: Progress[] = [];
    const model = await loadModel(source, {
      backend: "reference",
      onProgress: (progress) => seen.push(progress),
    });
    assert.equal(model.name, "llama3");
    assert.equal(model.backend.reason, "asked for by name");
    assert.match(model.record.hash, /^[0-9a-f]{64}$/);
    assert.deepEqual(
      seen.map(({ stage, done }) => [stage, done]),
      seen.map((_, i) => ["weights", i + 1]),
    );
    assert.equal(seen.at(-1)?.total, seen.length);
    const run = await model.run([1, 2, 3]);
    assert.deepEqual(
      run.tokens.map(({ text }) => text),
      ["<id 1>", "<id 2>", "<id 3>"],
    );
    assert.throws(() => model.tokenizer, { code: "ERR_TOKENIZER_MISSING" });
    model.dispose();
  });

  it("loads the bundled model by name, with its tokenizer, and says why it took the backend", async () => {
    const model = await loadModel("tiny", { backend: "cpu" });
    assert.equal(model.record.architecture, "deepseek_v3");
    assert.equal(model.tokenizer.decode(model.tokenizer.encode("river")).endsWith("river"), true);
    model.dispose();
  });

  it("chooses a backend by itself and gives the reason", async () => {
    const { backend, reason } = await openBackend("auto");
    assert.match(reason, /^auto: .+/);
    assert.equal(backend.info.name, /hardware adapter$/.test(reason) ? "webgpu" : "cpu");
    backend.dispose();
    await assert.rejects(
      openBackend("gpu" as "auto"),
      (error) => error instanceof InputError && error.message.includes("webgpu, cpu, reference"),
    );
  });

  it("refuses an unknown architecture", async (t) => {
    const folder = await copyOfModel(t);
    await changeConfig(folder, { model_type: "gpt_neox" });
    await refused(folder, ConfigError, "ERR_ARCHITECTURE", "deepseek_v3", "llama", "gpt_neox");
  });

  it("refuses weights that do not fit the config, by tensor and shape", async (t) => {
    const folder = await copyOfModel(t);
    await changeConfig(folder, { intermediate_size: 100 });
    await refused(folder, WeightsError, "ERR_TENSOR_SHAPE", "mlp.", "(100, 64)", "(96, 64)");
    await changeConfig(folder, { intermediate_size: 96, num_hidden_layers: 3 });
    await refused(folder, WeightsError, "ERR_TENSOR_MISSING", "model.layers.2.");
  });

  it("refuses a truncated weight file", async (t) => {
    const folder = await copyOfModel(t);
    await truncate(join(folder, "model.safetensors"), 20_000);
    await refused(folder, WeightsError, "ERR_WEIGHTS_TRUNCATED", "model.safetensors");
  });

  it("stops when the signal fires", async () => {
    const controller = new AbortController();
    const loading = loadModel(source, {
      backend: "reference",
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 3) controller.abort();
      },
    });
    await assert.rejects(loading, { code: "ERR_ABORTED" });
  });
});

describe("the engine's core", () => {
  it("needs nothing of Node, so that a browser can run it", async () => {
    const { metafile } = await build({
      entryPoints: [fileURLToPath(new URL("../../engine/index.ts", import.meta.url))],
      bundle: true,
      platform: "browser",
      format: "esm",
      write: false,
      metafile: true,
      logLevel: "silent",
    });
    const inputs = Object.keys(metafile.inputs);
    assert.ok(inputs.some((name) => name.endsWith("engine/model.ts")));
    assert.deepEqual(
      inputs.filter((name) => name.endsWith(".node.ts")),
      [],
    );
  });
});
