/** What the host calls. Addresses are bytes in the one memory; sizes are elements; flags are 0 or 1. */
export { attention, attentionOver } from "./attention.ts";
export { attentionTile } from "./attentionTile.ts";
export { add, embed, matmul, rmsNorm, swiGlu } from "./dense.ts";
export { addPosition, clamp, gelu } from "./elementwise.ts";
export { expertsCombine, expertsDown, expertsUp } from "./experts.ts";
export { indexScores, selectKeys } from "./indexer.ts";
export { layerNorm } from "./layerNorm.ts";
export { copyHeads, mlaExpandKeys, mlaLatent, multiplyHeads, projectHeads } from "./mla.ts";
export { rope } from "./rotate.ts";
export { route } from "./route.ts";

/** First address that the host may hand out; the compiler's own data lies below. */
export function heapBase(): usize {
  return __heap_base;
}
