import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { readSafetensors, Tensor, writeSafetensors } from "../../engine/index.node.ts";
import { writeSafetensors as writeSources } from "../../engine/weights/writeSafetensors.node.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

test("tensors come back from a file as they were, with what was said of them", async (t) => {
  const path = join(await temporaryFolder(t), "some.safetensors");
  const tensors = {
    floats: new Tensor(Float32Array.of(1.5, -0, Number.NaN, 3), [2, 2]),
    exact: new Tensor(Float64Array.of(0.1), [1]),
    ids: new Tensor(Int32Array.of(7, -1, 2), [3]),
  };
  await writeSafetensors(path, tensors, { metadata: { model: "tiny" } });
  const read = await readSafetensors(path);
  assert.deepEqual(read.metadata, { model: "tiny" });
  assert.deepEqual([...read.tensors.keys()].sort(), ["exact", "floats", "ids"]);
  for (const [name, { data, shape }] of Object.entries(tensors)) {
    assert.deepEqual(read.tensors.get(name)?.data, data);
    assert.deepEqual(read.tensors.get(name)?.shape, shape);
  }
  const some = await readSafetensors(path, { names: ["ids"] });
  assert.deepEqual([...some.tensors.keys()], ["ids"]);
  await writeSafetensors(path, new Map([["ids", tensors.ids]]));
  assert.deepEqual([...(await readSafetensors(path)).tensors.keys()], ["ids"]);
});

test("halves are widened, and other dtypes refused by name", async (t) => {
  const path = join(await temporaryFolder(t), "some.safetensors");
  const half = Uint16Array.of(0x3c00, 0xc500);
  const brain = Uint16Array.of(0x3f80, 0xc0a0);
  await writeSources(path, [
    { name: "half", dtype: "F16", shape: [2], data: () => half },
    { name: "brain", dtype: "BF16", shape: [2], data: () => brain },
    { name: "wide", dtype: "I64", shape: [1], data: () => BigInt64Array.of(1n) },
  ]);
  await assert.rejects(readSafetensors(path), {
    code: "ERR_WEIGHTS_DTYPE",
    message: /expected wide as .* got I64/,
  });
  const { tensors } = await readSafetensors(path, { names: ["half", "brain"] });
  assert.deepEqual(tensors.get("half")?.data, Float32Array.of(1, -5));
  assert.deepEqual(tensors.get("brain")?.data, Float32Array.of(1, -5));
  await assert.rejects(readSafetensors(path, { names: ["none"] }), {
    code: "ERR_TENSOR_NAME",
    message: /got "none"/,
  });
  await assert.rejects(writeSafetensors(path, { a: [1] as never }), { code: "ERR_OPTION" });
});
