import type { Architecture } from "./architecture.ts";
import { MAX_LAYERS } from "./common.ts";
import { softmaxExperts } from "./experts.ts";
import { gqaDecoder } from "./llama.ts";
import { expertNames, GQA_NAMES, STREAM_NAMES } from "./names.ts";

/** Mixtral: Llama's attention, experts whose weights always sum to 1. arXiv:2401.04088 */
export const mixtral: Architecture = {
  spec(config) {
    const window = config.has("sliding_window") ? config.count("sliding_window") : null;
    const nLayers = config.count("num_hidden_layers", undefined, 1, MAX_LAYERS);
    const windows = Array.from({ length: nLayers }, () => window);
    const moe = softmaxExperts(config, {
      count: "num_local_experts",
      width: "intermediate_size",
      normalize: true,
    });
    return gqaDecoder(config, { windows }, () => moe);
  },
  names: new Map([
    ...STREAM_NAMES,
    ...GQA_NAMES,
    ...expertNames("block_sparse_moe", ["w1", "w3", "w2"]),
  ]),
};
