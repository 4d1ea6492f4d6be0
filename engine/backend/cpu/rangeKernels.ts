import type { Kernels } from "./kernels.ts";

/** Kernels that can do a part of their work, a range, which is their last two arguments. */
type PlainRangeKernel =
  | "add"
  | "addPosition"
  | "attentionScores"
  | "clamp"
  | "copyHeads"
  | "expertsCombine"
  | "gelu"
  | "layerNorm"
  | "mixValues"
  | "mlaLatent"
  | "quantizeRows"
  | "readStreams"
  | "rmsNorm"
  | "rope"
  | "softmaxRows"
  | "softmaxSums"
  | "spreadStreams"
  | "streamWeights"
  | "swiGlu"
  | "tokenLogProbs"
  | "writeStreams";

/** Those whose scratch follows their range. */
export type ScratchKernel =
  | "attention"
  | "attentionOver"
  | "attentionTile"
  | "expertsDown"
  | "expertsUp"
  | "inParts"
  | "indexScores"
  | "matmul"
  | "mlaExpandKeys"
  | "multiplyHeads"
  | "projectHeads"
  | "route"
  | "selectKeys";

export type RangeKernel = PlainRangeKernel | ScratchKernel;

/** The arguments of a kernel before its range. */
export type LeadingArguments<K extends RangeKernel> = K extends ScratchKernel
  ? Parameters<Kernels[K]> extends [...infer Leading extends number[], number, number, number]
    ? Leading
    : never
  : Parameters<Kernels[K]> extends [...infer Leading extends number[], number, number]
    ? Leading
    : never;
