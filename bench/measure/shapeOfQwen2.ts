import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { Execution } from "../../engine/execute/execution.ts";
import { ModelDevice } from "../../engine/execute/modelDevice.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { uniformForm } from "../../engine/plan/attentionForm.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";

/** A model of Qwen2-0.5B's shape, cut to some layers, with Q8_0 weights of no meaning, on the cpu backend. */
export async function openShape(threads: number, layers: number): Promise<ModelDevice> {
  const backend = await createCpuBackend({ threads });
  const spec = normalizeConfig({
    ...{ model_type: "qwen2", hidden_size: 896, intermediate_size: 4864, vocab_size: 32_768 },
    ...{ num_hidden_layers: layers, num_attention_heads: 14, num_key_value_heads: 2 },
    ...{ max_position_embeddings: 4096, rms_norm_eps: 1e-6, rope_theta: 1e6 },
    tie_word_embeddings: true,
  });
  const weights = new Map(
    [...compilePlan(spec).weights.values()].map(({ name, shape }) => {
      const length = shape.reduce((a, b) => a * b, 1);
      const packed = shape.length > 1;
      const weight = backend.allocWeight(shape, packed ? "q8_0" : "f32", name);
      if (packed) {
        const data = Uint8Array.from({ length }, (_, i) => (i * 7919) >> 3);
        const scales = new Uint8Array(new Uint16Array(length / 32).fill(0x1000).buffer);
        backend.writeWeight(weight, 0, { dtype: "q8_0", data, scales, group: 32 });
      } else {
        const data = new Uint8Array(new Float32Array(length).fill(1).buffer);
        backend.writeWeight(weight, 0, { dtype: "f32", data });
      }
      return [name, weight];
    }),
  );
  return new ModelDevice({ backend, spec, weights, assertLive: () => undefined });
}

/** Milliseconds of a prefill and of a token after it. */
export async function prefillAndDecode(
  device: ModelDevice,
  nPrompt = 128,
): Promise<{ prefill: number; decode: number }> {
  const nDecoded = 16;
  const ids = Array.from({ length: nPrompt }, (_, i) => (i * 97) % device.spec.nVocab);
  const execution = new Execution(device, {
    ...{ capacity: nPrompt + nDecoded, nPrompt, rows: nPrompt, capture: new Set<string>() },
  });
  const form = uniformForm(device.spec);
  const start = performance.now();
  await execution.step(ids, form, "prefill");
  const prefill = performance.now() - start;
  for (let i = 0; i < nDecoded; i++) await execution.step([i], form, "decode");
  const decode = (performance.now() - start - prefill) / nDecoded;
  execution.dispose();
  return { prefill, decode };
}
