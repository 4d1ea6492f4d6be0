import { createCpuBackend } from "../../engine/backend/cpu/cpuBackend.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { Model } from "../../engine/model.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";

/** Tokens of the toy's vocabulary. */
export const TOY_VOCABULARY = 512;

/** A model of 24 layers, 4 heads of 64 and 256 numbers a token, on `cpu`; its weights are a formula. */
export async function toyModel(
  nKvHeads: number,
  options: Parameters<typeof createCpuBackend>[0] = {},
): Promise<{
  readonly backend: Awaited<ReturnType<typeof createCpuBackend>>;
  readonly model: Model;
}> {
  const backend = await createCpuBackend(options);
  const spec = normalizeConfig({
    ...{ model_type: "llama", hidden_size: 256, intermediate_size: 512, num_hidden_layers: 24 },
    ...{ num_attention_heads: 4, num_key_value_heads: nKvHeads, head_dim: 64 },
    ...{ vocab_size: TOY_VOCABULARY, max_position_embeddings: 32768 },
    ...{ rms_norm_eps: 1e-5, rope_theta: 10000, tie_word_embeddings: true },
  });
  const weights = new Map(
    [...compilePlan(spec).weights.values()].map(({ name, shape }) => {
      const weight = backend.allocWeight(shape, "f32", name);
      const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) =>
        shape.length === 1 ? 1 : 0.05 * Math.sin(i * 12.9898),
      );
      backend.writeWeight(weight, 0, { dtype: "f32", data: new Uint8Array(data.buffer) });
      return [name, weight];
    }),
  );
  const model = new Model({
    ...{ name: "synthetic", location: "memory", hash: "", spec, backend, weights, eosIds: [] },
    ...{ backendReason: "named", tokenizer: null, ignoredTensors: [], widenedWeights: new Map() },
    generationConfig: { name: "generation_config.json", fields: {} },
  });
  return { backend, model };
}
