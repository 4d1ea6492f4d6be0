import type { ConfigReader } from "../configReader.ts";
import type { IndexerSpec } from "../spec.ts";
import type { Architecture } from "./architecture.ts";
import { MAX_HEAD_DIM } from "./common.ts";
import { DEEPSEEK_NAMES, deepseekDecoder, listedLayers, sparseLayers } from "./deepseek.ts";
import { deepseekV3, unbiasedGate } from "./deepseekV3.ts";
import type { NameEntries } from "./names.ts";

/** The reference implementations fix this epsilon of the index keys' norm. */
const INDEX_NORM_EPS = 1e-6;

/** V3.2's class knows neither of the two: queries and keys are always interleaved, and it names no draft module. */
const { rope_interleave, num_nextn_predict_layers, ...withoutV3Only } = deepseekV3.defaults;

const INDEXER_NAMES: NameEntries = [
  ["index_q", "wq_b.weight"],
  ["index_k", "wk.weight"],
  ["index_k_norm", "k_norm.weight"],
  ["index_k_norm.bias", "k_norm.bias"],
  ["index_weights", "weights_proj.weight"],
].map(([name, tensor]) => [
  `blocks.{i}.attn.${name}`,
  { template: `model.layers.{i}.self_attn.indexer.${tensor}` },
]);

/** DeepSeek-V3.2: V3 with sparse attention over the keys that a lightning indexer chooses. arXiv:2512.02556 */
export const deepseekV32: Architecture = {
  spec: (config) =>
    deepseekDecoder(config, unbiasedGate(config), {
      indexer: indexer(config),
      isSparse: config.has("mlp_layer_types") ? listedLayers(config) : sparseLayers(config),
    }),
  defaults: {
    ...withoutV3Only,
    max_position_embeddings: 163_840,
    mlp_bias: false,
    index_topk: 2048,
    index_head_dim: 128,
    index_n_heads: 64,
  },
  aliases: { num_local_experts: "n_routed_experts", num_experts: "n_routed_experts" },
  names: new Map([...DEEPSEEK_NAMES, ...INDEXER_NAMES]),
};

function indexer(config: ConfigReader): IndexerSpec {
  if (!config.has("q_lora_rank"))
    config.fail("q_lora_rank", "a number", "The indexer reads the compressed query.");
  const types = config.raw("layer_types");
  if (Array.isArray(types) && types.some((type) => type !== "indexed_attention"))
    config.fail("layer_types", '"indexed_attention" in every entry', "Use another checkpoint.");
  const dRope = config.count("qk_rope_head_dim", undefined, 1, MAX_HEAD_DIM);
  return {
    nHeads: config.count("index_n_heads"),
    dHead: config.count("index_head_dim", undefined, dRope, MAX_HEAD_DIM),
    topK: config.count("index_topk"),
    normEps: INDEX_NORM_EPS,
  };
}
