import type { ConfigReader } from "../configReader.ts";
import type { FeedForwardSpec, GqaSpec } from "../spec.ts";
import type { Architecture } from "./architecture.ts";
import { softmaxExperts } from "./experts.ts";
import { attentionBiases, denseLayers, gqaDecoder, llama } from "./llama.ts";
import { expertNames } from "./names.ts";
import { qwenWindows } from "./qwen2.ts";

/** Qwen3: every head's query and key normalised before RoPE. arXiv:2505.09388 */
export const qwen3: Architecture = {
  spec: (config) => gqaDecoder(config, qwen3Traits(config), denseLayers(config)),
  names: llama.names,
};

/** Qwen3's mixtures of experts: a softmax router over all experts in every `decoder_sparse_step`-th layer. */
export const qwen3Moe: Architecture = {
  spec: (config) => gqaDecoder(config, qwen3Traits(config), sparseLayers(config)),
  names: new Map([...llama.names, ...expertNames("mlp")]),
};

function qwen3Traits(config: ConfigReader): Partial<GqaSpec> {
  return { ...attentionBiases(config), queryKeyNorm: "head", windows: qwenWindows(config) };
}

function sparseLayers(config: ConfigReader): (layer: number) => FeedForwardSpec {
  const listed = config.raw("mlp_only_layers") ?? [];
  if (!Array.isArray(listed)) config.fail("mlp_only_layers", "a list of layers");
  const everyStep = config.count("decoder_sparse_step", 1);
  const dense = denseLayers(config)();
  const moe = softmaxExperts(config, {
    count: config.has("num_experts") ? "num_experts" : "num_local_experts",
    width: "moe_intermediate_size",
    normalize: config.boolean("norm_topk_prob", false),
  });
  return (layer) => (!listed.includes(layer) && (layer + 1) % everyStep === 0 ? moe : dense);
}
