import type { Kernels } from "./kernels.ts";
import type { Work } from "./pool/pool.ts";

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
  | "limitCopy"
  | "limitFloats"
  | "limitIntegers"
  | "limitRead"
  | "logSoftmaxOfRows"
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
  | "topOfRows"
  | "writeBlocks"
  | "writeHalfPanels"
  | "writePanels"
  | "writeStreams";

/** Those whose scratch follows their range. */
export type ScratchKernel =
  | "attention"
  | "attentionOver"
  | "attentionMetrics"
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
  | "selectKeys"
  | "softmaxOfRows";

export type RangeKernel = PlainRangeKernel | ScratchKernel;

/** The arguments of a kernel before its range. */
export type LeadingArguments<K extends RangeKernel> = K extends ScratchKernel
  ? Parameters<Kernels[K]> extends [...infer Leading extends number[], number, number, number]
    ? Leading
    : never
  : Parameters<Kernels[K]> extends [...infer Leading extends number[], number, number]
    ? Leading
    : never;

/** What a kernel has to do. Scratch, where it takes any, is each thread's own. */
export type SplitWork<K extends RangeKernel> = K extends ScratchKernel
  ? Work & { readonly scratchBytes: number }
  : Work;

/** Runs a kernel over its range, on several threads where that pays. @returns what it answers, -1 if that is nothing */
export type Split = <K extends RangeKernel>(
  kernel: K,
  work: SplitWork<K>,
  args: Readonly<LeadingArguments<K>>,
) => number;
