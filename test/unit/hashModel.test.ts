import assert from "node:assert/strict";
import { cp, open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { hashModel } from "../../engine/weights/hashModel.node.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const headersOf = async (folder: string): Promise<string> => {
  const checkpoint = await openCheckpoint(folder);
  await checkpoint.close();
  return checkpoint.hash;
};

test("one weight more or less changes a model's hash, wherever the model lies", async (t) => {
  const folder = join(await temporaryFolder(t), "other");
  await cp(inRepository("models/tiny"), folder, { recursive: true });
  const original = await hashModel("tiny");
  assert.match(original, /^[0-9a-f]{64}$/);
  assert.equal(await hashModel(folder), original);
  const file = await open(join(folder, "model.safetensors"), "r+");
  await file.write(Uint8Array.of(1, 2), 0, 2, 9_000_000);
  await file.close();
  assert.notEqual(await hashModel(folder), original);
  assert.equal(await headersOf(folder), await headersOf(inRepository("models/tiny")));
});

test("hashing stops when it is told to", async () => {
  await assert.rejects(hashModel("tiny", { signal: AbortSignal.abort() }), { code: "ERR_ABORTED" });
});
