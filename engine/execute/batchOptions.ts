import type { OptionNames } from "../base/checkOptions.ts";
import { RUN_OPTIONS, type RunOptions } from "./runOptions.ts";

/** How sequences go through the model together. */
export interface TogetherOptions {
  /** Sequences that have a cache on the device at the same time, each as long as the longest. Default 32. */
  readonly atOnce?: number;
  /** Compute once what prompts have in common at their beginnings, where that saves work; no bit differs. Default true. */
  readonly sharePrefix?: boolean;
}

export const TOGETHER_OPTIONS: OptionNames<TogetherOptions> = { atOnce: true, sharePrefix: true };

/** How `model.runAll` goes over its prompts: as `run` goes over each, with a budget for each. */
export interface RunAllOptions extends Omit<RunOptions, "profile">, TogetherOptions {}

const { profile: _, ...OF_EACH } = RUN_OPTIONS;

export const RUN_ALL_OPTIONS: OptionNames<RunAllOptions> = { ...OF_EACH, ...TOGETHER_OPTIONS };
