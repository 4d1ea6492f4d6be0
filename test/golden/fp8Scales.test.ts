import assert from "node:assert/strict";
import { it } from "node:test";
import { openBackend } from "../../engine/backend/openBackend.node.ts";
import { createModel } from "../../engine/createModel.ts";
import type { Checkpoint } from "../../engine/weights/checkpoint.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { inRepository } from "../../scripts/build/repository.ts";
import { assertSameBits } from "./compare.ts";

const IDS = [3, 1, 4, 1, 5, 9, 2, 6];

/** The checkpoint with its scales cut to the upper half of their bits, stored as BF16 or, the same numbers, as F32. */
function withScales(checkpoint: Checkpoint, dtype: "BF16" | "F32"): Checkpoint {
  const isScale = (name: string): boolean => name.endsWith("weight_scale_inv");
  const tensors = [...checkpoint.tensors].map(([name, entry]) => {
    const byteLength = dtype === "BF16" ? entry.byteLength / 2 : entry.byteLength;
    return [name, isScale(name) ? { ...entry, dtype, byteLength } : entry] as const;
  });
  return {
    ...checkpoint,
    name: checkpoint.name,
    tensors: new Map(tensors),
    readRange: (...range) => checkpoint.readRange(...range),
    readInto: (...range) => checkpoint.readInto(...range),
    close: () => checkpoint.close(),
    async readTensor(name) {
      const bytes = await checkpoint.readTensor(name);
      if (!isScale(name)) return bytes;
      const halves = new Uint16Array(bytes.buffer).filter((_, i) => i % 2 === 1);
      if (dtype === "BF16") return new Uint8Array(halves.buffer);
      return new Uint8Array(Uint32Array.from(halves, (half) => half << 16).buffer);
    },
  };
}

for (const name of ["reference", "cpu", "webgpu"] as const)
  it(`FP8 scales stored as BF16 are the numbers that they are as F32, on ${name}`, async () => {
    const stored = await openCheckpoint(inRepository("test/fixtures/formats/fp8_ragged"));
    const logits = [];
    for (const dtype of ["BF16", "F32"] as const) {
      const { backend } = await openBackend(name);
      const model = await createModel(withScales(stored, dtype), { tokenizer: null, backend });
      const run = await model.run(IDS);
      logits.push(await run.get("hook_logits"));
      model.dispose();
    }
    await stored.close();
    const [bf16, f32] = logits;
    assert.ok(bf16 && f32);
    assert.ok(bf16.data.every(Number.isFinite));
    assertSameBits(bf16, f32, name);
  });
