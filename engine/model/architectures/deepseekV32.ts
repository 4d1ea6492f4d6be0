import type { ConfigReader } from "../configReader.ts";
import type { IndexerSpec } from "../spec.ts";
import type { Architecture } from "./architecture.ts";
import { MAX_HEAD_DIM } from "./common.ts";
import { DEEPSEEK_NAMES, deepseekDecoder } from "./deepseek.ts";
import { unbiasedGate } from "./deepseekV3.ts";
import type { NameEntries } from "./names.ts";

/** The reference implementations fix this epsilon of the index keys' norm. */
const INDEX_NORM_EPS = 1e-6;

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
  spec: (config) => deepseekDecoder(config, unbiasedGate(config), indexer(config)),
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
