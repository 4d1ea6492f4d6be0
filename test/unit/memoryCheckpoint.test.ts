import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { MemoryCheckpoint } from "../../engine/weights/memoryCheckpoint.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";

const FILE = "model.safetensors";
const folder = inRepository("models/tiny-fp8");

async function open(change: (bytes: Buffer) => Uint8Array = (bytes) => bytes) {
  const stored = await openCheckpoint(folder);
  const { name, location, hash, config, generationConfig } = stored;
  const bytes = change(await readFile(inRepository("models/tiny-fp8", FILE)));
  const weights = Uint8Array.from(bytes);
  const parts = { name, location, hash, config, generationConfig, weights, file: FILE };
  try {
    return { stored, inMemory: new MemoryCheckpoint(parts) };
  } catch (error) {
    await stored.close();
    throw error;
  }
}

test("a checkpoint in memory has the tensors of the same files on disk, whole and in part", async () => {
  const { stored, inMemory } = await open();
  assert.deepEqual([...inMemory.tensors], [...stored.tensors]);
  assert.equal(inMemory.totalParameters, stored.totalParameters);
  assert.equal(inMemory.sizeBytes, stored.sizeBytes);
  for (const name of ["model.norm.weight", "lm_head.weight"])
    assert.deepEqual(await inMemory.readTensor(name), await stored.readTensor(name));
  const part = await inMemory.readRange("lm_head.weight", 100, 64);
  assert.deepEqual(part, await stored.readRange("lm_head.weight", 100, 64));
  assert.equal(part.byteOffset, 0);
  const target = new Uint8Array(64);
  await inMemory.readInto("lm_head.weight", 100, target);
  assert.deepEqual(target, part);
  await stored.close();
});

test("a checkpoint in memory refuses by name what is not there, torn bytes, and reading after it was closed", async () => {
  const { stored, inMemory } = await open();
  await assert.rejects(inMemory.readTensor("nope"), { code: "ERR_TENSOR_MISSING" });
  await assert.rejects(inMemory.readRange("model.norm.weight", 0, 1e9), { code: "ERR_RANGE" });
  await inMemory.close();
  await inMemory.close();
  await assert.rejects(inMemory.readTensor("model.norm.weight"), { code: "ERR_WEIGHTS_READ" });
  await stored.close();
  await assert.rejects(
    open((bytes) => bytes.subarray(0, -1)),
    { code: "ERR_WEIGHTS_TRUNCATED" },
  );
});
