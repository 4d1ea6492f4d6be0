import type { OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
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
export interface RunAllOptions extends RunOptions, TogetherOptions {}

export const RUN_ALL_OPTIONS: OptionNames<RunAllOptions> = { ...RUN_OPTIONS, ...TOGETHER_OPTIONS };

/** @throws InputError ERR_OPTION for an option that only generations alone can have */
export function refuseAlone(options: object, names: readonly string[]): void {
  const wrong = names.find((name) => (options as Record<string, unknown>)[name] !== undefined);
  if (wrong === undefined) return;
  throw new InputError(
    "ERR_OPTION",
    `generateAll ${wrong}: expected none, as it is for one sequence alone. Use model.generate for each of them, or leave it out.`,
  );
}
