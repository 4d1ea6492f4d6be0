import type { EditRequest } from "../act/edit.ts";
import type { OptionNames } from "../base/checkOptions.ts";
import type { ProgressListener } from "../base/progress.ts";
import type { LogitsWanted } from "./logitRows.ts";

/** How `model.run` goes over its input. */
export interface RunOptions {
  /** Names of sites to keep from this pass, or globs over them: "blocks.*.hook_resid_post". Default none. */
  readonly capture?: string | readonly string[];
  /** What to change in the forward pass: docs/edits.md. Default nothing. */
  readonly edits?: readonly EditRequest[];
  /**
   * Rows of logits to keep: positions, negative ones from the end. Default "last". Every other row is there when asked for,
   * by a replay; log probabilities of the tokens need none.
   */
  readonly logits?: LogitsWanted;
  /** Tokens of a prompt that go through the model at once; default 256. */
  readonly chunkSize?: number;
  readonly onProgress?: ProgressListener;
  /** Checked between chunks. */
  readonly signal?: AbortSignal;
}

export const RUN_OPTIONS: OptionNames<RunOptions> = {
  capture: true,
  edits: true,
  logits: true,
  chunkSize: true,
  onProgress: true,
  signal: true,
};
