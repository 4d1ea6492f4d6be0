import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { halfToNumber } from "../../engine/backend/halfValues.ts";
import { loadModel } from "../../engine/index.node.ts";
import { castCheckpoint, type WeightDType } from "../../engine/weights/castCheckpoint.ts";
import type { Checkpoint } from "../../engine/weights/checkpoint.ts";
import fc from "../fixtures/fastCheck.ts";

/** A checkpoint of one f32 matrix and one f32 vector. */
function checkpointOf(values: Float32Array): Checkpoint {
  const bytes = new Uint8Array(values.buffer.slice(0)) as Uint8Array<ArrayBuffer>;
  const entry = { dtype: "F32", file: "f", byteOffset: 0, byteLength: bytes.length } as const;
  const read = async (_: string, start: number, length: number) =>
    bytes.slice(start, start + length) as Uint8Array<ArrayBuffer>;
  return {
    name: "one",
    location: "memory",
    config: {},
    generationConfig: {},
    hash: "",
    totalParameters: values.length,
    sizeBytes: bytes.length,
    tensors: new Map([
      ["matrix", { ...entry, shape: [1, values.length] }],
      ["vector", { ...entry, shape: [values.length] }],
    ]),
    readTensor: (name) => read(name, 0, bytes.length),
    readRange: read,
    readInto: async (name, start, target) => target.set(await read(name, start, target.byteLength)),
    close: async () => undefined,
  };
}

const halves = async (values: number[], dtype: WeightDType): Promise<Uint16Array> =>
  new Uint16Array(
    (await castCheckpoint(checkpointOf(Float32Array.from(values)), dtype).readTensor("matrix"))
      .buffer,
  );

describe("castCheckpoint", () => {
  it("rounds to bf16 and f16 as PyTorch does", async () => {
    // torch.tensor(values).to(dtype).view(torch.int16), torch 2.13
    const values = [1, -2.5, 0.1, 1 / 3, 65504, 65519.99, 65520, 1e-8, 6e-8, 1.00390625, 3.4e38];
    assert.deepEqual(
      [...(await halves(values, "bf16"))],
      [16256, 49184, 15821, 16043, 18304, 18304, 18304, 12844, 13185, 16256, 32640],
    );
    assert.deepEqual(
      [...(await halves(values, "f16"))],
      [15360, 49408, 11878, 13653, 31743, 31743, 31744, 0, 1, 15364, 31744],
    );
  });

  it("keeps every f16 value exactly, subnormals too", async () => {
    const patterns = Array.from({ length: 0x7c00 }, (_, i) => i);
    assert.deepEqual([...(await halves(patterns.map(halfToNumber), "f16"))], patterns);
  });

  it("takes the nearest f16 of every float", async () => {
    await fc.assert(
      fc.asyncProperty(fc.float({ noNaN: true, min: -65000, max: 65000 }), async (value) => {
        const [bits = 0] = await halves([value], "f16");
        const error = Math.abs(halfToNumber(bits) - value);
        for (const near of [bits - 1, bits + 1])
          if ((near & 0x7fff) < 0x7c00 && (near & 0x8000) === (bits & 0x8000))
            assert.ok(error <= Math.abs(halfToNumber(near) - value));
      }),
    );
  });

  it("leaves vectors as they are stored, and sizes that add up", () => {
    const cast = castCheckpoint(checkpointOf(new Float32Array(6)), "bf16");
    assert.deepEqual(
      [...cast.tensors.values()].map(({ dtype, byteLength }) => [dtype, byteLength]),
      [
        ["BF16", 12],
        ["F32", 24],
      ],
    );
    assert.equal(cast.sizeBytes, 36);
  });

  it("gives the reference the same logits in f32 as in the stored bf16, since widening is exact", async () => {
    const logits = async (dtype: WeightDType) => {
      const model = await loadModel("tiny", { backend: "reference", dtype });
      const run = await model.run([0, 5, 6, 7], { logits: "all" });
      const data = [...run.logits.data];
      model.dispose();
      return data;
    };
    assert.deepEqual(await logits("f32"), await logits("auto"));
  });

  it("refuses a dtype it does not know", () => {
    assert.throws(
      () => castCheckpoint(checkpointOf(new Float32Array(1)), "int8" as WeightDType),
      /dtype: expected auto, f32, bf16, f16, got "int8"/,
    );
  });
});
