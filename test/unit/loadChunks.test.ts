import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { ReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { floats } from "../../engine/backend/reference/referenceTensor.ts";
import { loadWeights } from "../../engine/model/loadWeights.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import type { Checkpoint } from "../../engine/weights/checkpoint.ts";
import { openGguf } from "../../engine/weights/gguf/openGguf.node.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";

/** Rows that move, elements that move, stacks, and every way in which numbers are stored. */
const CHECKPOINTS = [
  ...["llama3", "gpt2", "gpt_oss", "deepseek_v3", "glm4_moe"].map((name) => `hf-random/${name}`),
  ...["gptq_3bit", "gptq_act_order", "awq_4bit", "compressed_int4", "compressed_int8"],
  ...["fp8_ragged", "fp8_e8m0", "gpt_oss_mxfp4"],
  ...["llama_q8_0", "llama_mxfp4", "llama_q4_k_q6_k", "gpt2", "gpt_oss", "deepseek_v3"].map(
    (name) => `gguf/${name}.gguf`,
  ),
].map((name) => (name.includes("/") ? name : `formats/${name}`));

const open = (name: string): Promise<Checkpoint> => {
  const path = fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
  return path.endsWith(".gguf") ? openGguf(path) : openCheckpoint(path);
};

/** Every weight's numbers, and how many reads they took. */
async function load(name: string, chunkBytes: number) {
  const real = await open(name);
  let reads = 0;
  const readInto: Checkpoint["readInto"] = (...range) => {
    reads += 1;
    return real.readInto(...range);
  };
  const plan = compilePlan(normalizeConfig(real.config));
  const checkpoint = watched(real, readInto);
  const { weights } = await loadWeights(checkpoint, plan, new ReferenceBackend(), { chunkBytes });
  await real.close();
  const values = new Map([...weights].map(([weight, tensor]) => [weight, floats(tensor)]));
  return { values, reads };
}

/** The same checkpoint, read by another function. */
function watched(real: Checkpoint, readInto: Checkpoint["readInto"]): Checkpoint {
  const { name, location, config, generationConfig, tensors, hash } = real;
  return {
    ...{ name, location, config, generationConfig, tensors, hash },
    ...{ totalParameters: real.totalParameters, sizeBytes: real.sizeBytes },
    readTensor: (tensor) => real.readTensor(tensor),
    readRange: (...range) => real.readRange(...range),
    readInto,
    close: () => real.close(),
  };
}

describe("loading in chunks", () => {
  for (const name of CHECKPOINTS)
    it(`gives the same weights whatever a chunk's size: ${name}`, async () => {
      const whole = await load(name, 2 ** 30);
      assert.ok(whole.values.size > 5);
      for (const chunkBytes of [1, 1500]) {
        const { values, reads } = await load(name, chunkBytes);
        if (!/gptq|awq/.test(name)) assert.ok(reads > whole.reads, "more reads"); // those are read whole
        for (const [weight, expected] of whole.values)
          assert.deepEqual(values.get(weight), expected, `${weight} in chunks of ${chunkBytes}`);
      }
    });

  it("waits for the read that is on its way before it fails", async () => {
    const real = await open("gguf/llama_q8_0.gguf");
    const plan = compilePlan(normalizeConfig(real.config));
    const backend = new ReferenceBackend();
    let [started, finished] = [0, 0];
    const checkpoint = watched(real, async (...range) => {
      started += 1;
      await real.readInto(...range);
      finished += 1;
    });
    backend.writeWeight = () => {
      throw new Error("no more");
    };
    await assert.rejects(loadWeights(checkpoint, plan, backend), { message: "no more" });
    assert.equal(started, 2, "the second chunk was on its way");
    assert.equal(finished, 2);
    await real.close();
  });
});
