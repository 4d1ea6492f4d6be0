/** What the host calls. Addresses are bytes in the one memory; sizes are elements; flags are 0 or 1. */
export { attention, attentionOver } from "./attention";
export { attentionMetrics } from "./attentionMetrics";
export { attentionScores, mixValues, softmaxRows } from "./attentionParts";
export { attentionTile } from "./attentionTile";
export { writeBlocks, writeHalfPanels, writePanels } from "./blocks";
export { add, embed, matmul, rmsNorm, swiGlu } from "./dense";
export { edit, editMap, firstBeyond } from "./edit";
export { readElements, writeElements, writeScales } from "./elements";
export { addPosition, clamp, gelu } from "./elementwise";
export { expertsCombine, expertsDown, expertsUp } from "./experts";
export { indexScores, selectKeys } from "./indexer";
export { quantizeRows } from "./integerRows";
export { layerNorm } from "./layerNorm";
export { limitCopy, limitFloats, limitIntegers, limitRead } from "./limits";
export { tokenLogProbs } from "./logProbs";
export { copyHeads, mlaExpandKeys, mlaLatent, multiplyHeads, projectHeads } from "./mla";
export { inParts } from "./parts";
export { rope } from "./rotate";
export { route } from "./route";
export { logSoftmaxOfRows, softmaxOfRows } from "./softmax";
export { softmaxSums } from "./softmaxSums";
export { readStreams, spreadStreams, streamWeights, writeStreams } from "./streams";
export { topOfRows } from "./topK";

/** First address that the host may hand out; the compiler's own data lies below. */
export function heapBase(): usize {
  return __heap_base;
}

/** How large the memory is, in pages of 64 KiB, as far as this thread knows. */
export function memoryPages(): i32 {
  return memory.size();
}
