import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { lstat, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parseSafetensorsHeader } from "../../engine/weights/safetensors.ts";
import { type TensorSource, writeSafetensors } from "../../engine/weights/writeSafetensors.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";
import { testWhere } from "../fixtures/testWhere.ts";

const logits: TensorSource = {
  name: "hook_logits",
  dtype: "F32",
  shape: [2, 3],
  data: () => Float32Array.of(1, 2, 3, 4, 5, 6),
};
const ids: TensorSource = {
  name: "token_ids",
  dtype: "I64",
  shape: [2],
  data: () => BigInt64Array.of(7n, 8n),
};

test("a file holds the tensors and the metadata, wider elements first and aligned", async (t) => {
  const path = join(await temporaryFolder(t), "run.safetensors");
  const half: TensorSource = {
    name: "half",
    dtype: "BF16",
    shape: [1],
    data: () => Uint8Array.of(0x80, 0x3f),
  };
  await writeSafetensors(path, [half, logits, ids], { metadata: { backend: "reference" } });
  const file = await readFile(path);
  const { tensors, metadata } = parseSafetensorsHeader(file, file.length);
  assert.deepEqual(metadata, { backend: "reference" });
  assert.deepEqual([...tensors.keys()], ["token_ids", "hook_logits", "half"]);
  const { byteOffset } = tensors.get("hook_logits")!;
  assert.equal(byteOffset % 8, 0);
  assert.equal(file.readFloatLE(byteOffset + 20), 6);
  assert.equal(file.readBigInt64LE(tensors.get("token_ids")!.byteOffset), 7n);
});

test("data is asked for one tensor at a time", async (t) => {
  const path = join(await temporaryFolder(t), "run.safetensors");
  const order: string[] = [];
  const source = (name: string): TensorSource => ({
    name,
    dtype: "F32",
    shape: [1],
    data: async () => {
      order.push(`${name} asked`);
      await Promise.resolve();
      order.push(`${name} given`);
      return Float32Array.of(1);
    },
  });
  await writeSafetensors(path, [source("a"), source("b")]);
  assert.deepEqual(order, ["a asked", "a given", "b asked", "b given"]);
});

test("a source that fails leaves nothing behind, and what stood there before stays", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "run.safetensors");
  await writeFile(path, "before");
  const broken: TensorSource = {
    ...ids,
    name: "broken",
    dtype: "U8",
    shape: [2],
    data: () => {
      throw new Error("the device was lost");
    },
  };
  await assert.rejects(writeSafetensors(path, [logits, broken]), {
    message: "the device was lost",
  });
  assert.deepEqual(await readdir(folder), ["run.safetensors"]);
  assert.equal(await readFile(path, "utf8"), "before");
});

test("an aborted write leaves nothing behind", async (t) => {
  const folder = await temporaryFolder(t);
  const controller = new AbortController();
  const aborting: TensorSource = {
    ...logits,
    data: () => {
      controller.abort();
      return new Float32Array(6);
    },
  };
  await assert.rejects(
    writeSafetensors(join(folder, "run.safetensors"), [aborting], { signal: controller.signal }),
    { name: "AbortedError", code: "ERR_ABORTED" },
  );
  assert.deepEqual(await readdir(folder), []);
});

test("a folder that is missing, a file in place of a folder and a folder in place of a file are refused", async (t) => {
  const folder = await temporaryFolder(t);
  const refused = { name: "InputError", code: "ERR_OUTPUT" };
  await assert.rejects(writeSafetensors(join(folder, "missing", "run.safetensors"), [logits]), {
    ...refused,
    message: /no such folder.*Make the folder, or choose another path/,
  });
  await writeFile(join(folder, "file"), "");
  await assert.rejects(
    writeSafetensors(join(folder, "file", "run.safetensors"), [logits]),
    refused,
  );
  await mkdir(join(folder, "folder"));
  await assert.rejects(writeSafetensors(join(folder, "folder"), [logits]), refused);
  assert.deepEqual((await readdir(folder)).sort(), ["file", "folder"]);
});

testWhere(process.platform !== "win32")(
  "a link is followed, and a device is refused and left alone",
  async (t) => {
    const folder = await temporaryFolder(t);
    const [real, link] = [join(folder, "real.safetensors"), join(folder, "link.safetensors")];
    await writeFile(real, "before");
    await symlink("real.safetensors", link);
    await writeSafetensors(link, [logits]);
    assert.ok((await lstat(link)).isSymbolicLink());
    assert.ok((await readFile(real)).length > 24);
    // A pipe of this test's own stands for a device, which a mistake would replace.
    const pipe = join(folder, "pipe");
    assert.equal(spawnSync("/usr/bin/env", ["mkfifo", pipe]).status, 0);
    await assert.rejects(writeSafetensors(pipe, [logits]), {
      code: "ERR_OUTPUT",
      message: /a device, a pipe or a socket\. Name a file/,
    });
    assert.ok((await lstat(pipe)).isFIFO());
  },
);

test("data of the wrong size, a name twice and a reserved name are refused", async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, "run.safetensors");
  await assert.rejects(writeSafetensors(path, [{ ...logits, shape: [2, 4] }]), {
    name: "InputError",
    code: "ERR_SHAPE",
    message: /expected 32 bytes for "hook_logits".*got 24/,
  });
  for (const name of ["token_ids", "__metadata__", "__proto__"])
    await assert.rejects(writeSafetensors(path, [ids, { ...logits, name }]), {
      code: "ERR_TENSOR_NAME",
    });
  await assert.rejects(writeSafetensors(path, [{ ...logits, shape: [-6] }]), { code: "ERR_SHAPE" });
  assert.deepEqual(await readdir(folder), []);
});
