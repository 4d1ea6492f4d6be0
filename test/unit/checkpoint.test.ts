import assert from "node:assert/strict";
import { cp, mkdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import type { SafetensorsDType } from "../../engine/weights/safetensors.ts";
import { writeSafetensors } from "../../engine/weights/writeSafetensors.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const tiny = fileURLToPath(new URL("../../models/tiny", import.meta.url));
const qwen = fileURLToPath(new URL("../fixtures/hf-random/qwen2", import.meta.url));

async function copyOfQwen(t: TestContext): Promise<string> {
  const folder = await temporaryFolder(t);
  await cp(qwen, folder, { recursive: true });
  return folder;
}

test("the default model opens with its parameters, bytes and configuration", async () => {
  const checkpoint = await openCheckpoint(tiny);
  try {
    assert.equal(checkpoint.name, "tiny");
    assert.equal(checkpoint.config.model_type, "deepseek_v3");
    assert.equal(checkpoint.generationConfig.temperature, 0.7);
    assert.equal(checkpoint.totalParameters, 7_863_872);
    assert.match(checkpoint.hash, /^[0-9a-f]{64}$/);
    const embedding = checkpoint.tensors.get("model.embed_tokens.weight");
    assert.deepEqual(embedding?.shape, [3072, 192]);
    assert.equal(embedding?.dtype, "BF16");
  } finally {
    await checkpoint.close();
  }
});

test("tensors have the names and shapes that transformers wrote, and their bytes are those of the file", async () => {
  const checkpoint = await openCheckpoint(qwen);
  try {
    const names = JSON.parse(await readFile(join(qwen, "names.json"), "utf8")) as Record<
      string,
      number[]
    >;
    assert.deepEqual(
      Object.fromEntries([...checkpoint.tensors].map(([name, { shape }]) => [name, [...shape]])),
      names,
    );
    const file = await readFile(join(qwen, "model.safetensors"));
    for (const [name, { byteOffset, byteLength }] of checkpoint.tensors) {
      const bytes = await checkpoint.readTensor(name);
      assert.equal(bytes.byteOffset, 0);
      assert.deepEqual(bytes, new Uint8Array(file.subarray(byteOffset, byteOffset + byteLength)));
    }
  } finally {
    await checkpoint.close();
  }
});

test("a range of a tensor is a part of the whole, also in shared memory", async () => {
  const checkpoint = await openCheckpoint(qwen);
  try {
    const name = "model.embed_tokens.weight";
    const whole = await checkpoint.readTensor(name);
    assert.deepEqual(await checkpoint.readRange(name, 100, 60), whole.slice(100, 160));
    const shared = new Uint8Array(new SharedArrayBuffer(64), 4, 60);
    await checkpoint.readInto(name, 100, shared);
    assert.deepEqual(new Uint8Array(shared), whole.slice(100, 160));
    for (const [start, length] of [
      [-1, 4],
      [0, whole.length + 1],
      [whole.length, 1],
      [0.5, 1],
    ] as const)
      await assert.rejects(checkpoint.readRange(name, start, length), { code: "ERR_RANGE" });
  } finally {
    await checkpoint.close();
  }
});

test("a tensor that is not there is refused by name, and a closed checkpoint reads nothing", async () => {
  const checkpoint = await openCheckpoint(qwen);
  await assert.rejects(checkpoint.readTensor("lm_head.weight"), {
    name: "WeightsError",
    code: "ERR_TENSOR_MISSING",
    message: /"lm_head\.weight"/,
  });
  await checkpoint.close();
  await checkpoint.close();
  await assert.rejects(checkpoint.readTensor("model.norm.weight"), { code: "ERR_WEIGHTS_READ" });
});

test("the hash names the checkpoint: it follows the configuration and the headers", async (t) => {
  const folder = await copyOfQwen(t);
  const hashOf = async (): Promise<string> => {
    const checkpoint = await openCheckpoint(folder);
    await checkpoint.close();
    return checkpoint.hash;
  };
  const before = await hashOf();
  assert.equal(await hashOf(), before);
  const config = await readFile(join(folder, "config.json"), "utf8");
  await writeFile(join(folder, "config.json"), config.replace("640", "641"));
  assert.notEqual(await hashOf(), before);
});

test("a folder without config.json, and a config.json that is no object, are told apart", async (t) => {
  const folder = await copyOfQwen(t);
  await writeFile(join(folder, "config.json"), "[]");
  await assert.rejects(openCheckpoint(folder), { name: "ConfigError", code: "ERR_JSON" });
  await writeFile(join(folder, "config.json"), '{"model_type": ');
  await assert.rejects(openCheckpoint(folder), { name: "ConfigError", code: "ERR_JSON" });
  await rm(join(folder, "config.json"));
  await assert.rejects(openCheckpoint(folder), { name: "ConfigError", code: "ERR_CONFIG_MISSING" });
});

test("missing weights are told with what is there instead", async (t) => {
  const folder = await copyOfQwen(t);
  await rm(join(folder, "model.safetensors"));
  await assert.rejects(openCheckpoint(folder), {
    message: /got only edits\.safetensors, golden\.safetensors, gradients\.golden\.safetensors/,
  });
  for (const name of ["golden", "edits", "gradients.golden"])
    await rm(join(folder, `${name}.safetensors`));
  await assert.rejects(openCheckpoint(folder), {
    name: "WeightsError",
    code: "ERR_WEIGHTS_MISSING",
    message: /got neither/,
  });
  await writeFile(join(folder, "pytorch_model.bin"), "");
  await assert.rejects(openCheckpoint(folder), { message: /got only pytorch_model\.bin.*Convert/ });
});

test("an adapter, weights in a folder below and shards in another place are told with what to do", async (t) => {
  const folder = await copyOfQwen(t);
  const below = join(folder, "fp16");
  await mkdir(below);
  await rename(join(folder, "model.safetensors"), join(below, "model.safetensors"));
  await assert.rejects(openCheckpoint(folder), {
    message: /Weights lie in fp16: pass that folder/,
  });
  await rename(join(below, "model.safetensors"), join(below, "model-1.safetensors"));
  const index = { weight_map: { "model.embed_tokens.weight": "model-1.safetensors" } };
  await writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify(index));
  await assert.rejects(openCheckpoint(folder), {
    code: "ERR_WEIGHTS_MISSING",
    message: /fp16\/model-1\.safetensors is there: move the shards beside/,
  });
  const adapter = await temporaryFolder(t);
  await writeFile(join(adapter, "adapter_model.safetensors"), "");
  const base = { base_model_name_or_path: "org/base" };
  await writeFile(join(adapter, "adapter_config.json"), JSON.stringify(base));
  await assert.rejects(openCheckpoint(adapter), {
    code: "ERR_WEIGHTS_MISSING",
    message: /adapter \(LoRA\), not a model: merge it into org\/base with peft/,
  });
});

test("a truncated file is told by its sizes before any tensor is read", async (t) => {
  const folder = await copyOfQwen(t);
  await truncate(join(folder, "model.safetensors"), 200_000);
  await assert.rejects(openCheckpoint(folder), {
    name: "WeightsError",
    code: "ERR_WEIGHTS_TRUNCATED",
    message: /^model\.safetensors: expected 275536 bytes .*got 200000 bytes.*Download it again\.$/,
  });
});

test("a file that shrinks after it was opened is told when the tensor is read", async (t) => {
  const folder = await copyOfQwen(t);
  const checkpoint = await openCheckpoint(folder);
  t.after(() => checkpoint.close());
  const last = [...checkpoint.tensors.keys()].at(-1) ?? "";
  await truncate(join(folder, "model.safetensors"), 100_000);
  await assert.rejects(checkpoint.readTensor(last), { code: "ERR_WEIGHTS_TRUNCATED" });
});

/** Splits qwen2 into two shards with an index. */
async function sharded(t: TestContext): Promise<{ folder: string; shards: [string, string] }> {
  const folder = await copyOfQwen(t);
  const whole = await openCheckpoint(folder);
  const shards: [string, string] = [
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
  ];
  const names = [...whole.tensors.keys()];
  const weightMap: Record<string, string> = {};
  for (const [index, shard] of shards.entries()) {
    const part = names.filter((_, i) => i % 2 === index);
    for (const name of part) weightMap[name] = shard;
    await writeSafetensors(
      join(folder, shard),
      part.map((name) => {
        const { dtype, shape } = whole.tensors.get(name)!;
        return {
          name,
          dtype: dtype as SafetensorsDType,
          shape,
          data: () => whole.readTensor(name),
        };
      }),
    );
  }
  await whole.close();
  await rm(join(folder, "model.safetensors"));
  await writeFile(
    join(folder, "model.safetensors.index.json"),
    JSON.stringify({ metadata: {}, weight_map: weightMap }),
  );
  return { folder, shards };
}

test("shards with an index read like the single file", async (t) => {
  const { folder, shards } = await sharded(t);
  const whole = await openCheckpoint(qwen);
  const parts = await openCheckpoint(folder);
  t.after(() => Promise.all([whole.close(), parts.close()]));
  assert.deepEqual([...parts.tensors.keys()].sort(), [...whole.tensors.keys()].sort());
  assert.deepEqual(new Set([...parts.tensors.values()].map(({ file }) => file)), new Set(shards));
  assert.equal(parts.totalParameters, whole.totalParameters);
  for (const name of whole.tensors.keys())
    assert.deepEqual(await parts.readTensor(name), await whole.readTensor(name));
});

test("a missing shard is named", async (t) => {
  const { folder, shards } = await sharded(t);
  await rm(join(folder, shards[1]));
  await assert.rejects(openCheckpoint(folder), {
    name: "WeightsError",
    code: "ERR_WEIGHTS_MISSING",
    message: /model-00002-of-00002\.safetensors: expected 2 shards .*got 1/,
  });
});

test("an index that names a tensor its shard lacks, or a file outside the folder, is refused", async (t) => {
  const { folder, shards } = await sharded(t);
  const path = join(folder, "model.safetensors.index.json");
  const index = JSON.parse(await readFile(path, "utf8")) as { weight_map: Record<string, string> };
  const write = (map: unknown) => writeFile(path, JSON.stringify({ weight_map: map }));
  await write({ ...index.weight_map, "model.extra": shards[0] });
  await assert.rejects(openCheckpoint(folder), {
    code: "ERR_TENSOR_MISSING",
    message: /"model\.extra"/,
  });
  for (const name of ["../model.safetensors", "/etc/passwd", "a\\b.safetensors", "shard.bin", 7]) {
    await write({ ...index.weight_map, "model.norm.weight": name });
    await assert.rejects(openCheckpoint(folder), { code: "ERR_WEIGHTS_FORMAT" });
  }
  for (const map of [{}, [], null]) {
    await write(map);
    await assert.rejects(openCheckpoint(folder), { code: "ERR_WEIGHTS_FORMAT" });
  }
});
