import type { EditRequest } from "../act/edit.ts";
import type { OptionNames } from "../base/checkOptions.ts";

/** How `model.step` goes over its input. */
export interface StepOptions {
  /** What to change in the forward pass: docs/edits.md. Default nothing. */
  readonly edits?: readonly EditRequest[];
  /** Names of sites that the finished run keeps, or globs over them. Default none. */
  readonly capture?: string | readonly string[];
  /** Tokens of the prompt that go through the model together: 1 steps through it token by token. Default 256. */
  readonly tokensPerStep?: number;
  /** Tokens that may be appended to the prompt. Default 32; fewer where the context ends. */
  readonly maxTokens?: number;
}

export const STEP_OPTIONS: OptionNames<StepOptions> = {
  edits: true,
  capture: true,
  tokensPerStep: true,
  maxTokens: true,
};
