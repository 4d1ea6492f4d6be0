import type { OptionNames } from "../base/checkOptions.ts";
import type { RunOptions } from "./runOptions.ts";

/** What `model.estimate` tells of: a run, or with `maxTokens` a generation. */
export interface EstimateOptions
  extends Pick<RunOptions, "keep" | "capture" | "logits" | "chunkSize"> {
  readonly maxTokens?: number;
}

export const ESTIMATE_OPTIONS: OptionNames<EstimateOptions> = {
  keep: true,
  capture: true,
  logits: true,
  chunkSize: true,
  maxTokens: true,
};
