import type { EditRequest } from "../act/edit.ts";
import type { OptionNames } from "../base/checkOptions.ts";
import type { ProgressListener } from "../base/progress.ts";
import type { Keep } from "../plan/keptValues.ts";
import type { LogitsWanted } from "./logitRows.ts";

/** How `model.run` goes over its input. */
export interface RunOptions {
  /** Names of sites to keep from this pass, or globs over them: "blocks.*.hook_resid_post". Default none. */
  readonly capture?: string | readonly string[];
  /** What to change in the forward pass: docs/edits.md. Default nothing. */
  readonly edits?: readonly EditRequest[];
  /**
   * What the run keeps on the device, all linear in its tokens. nothing: the KV cache; routes: also chosen experts with weights and
   * scores, and chosen keys; attention: also what attention maps are recomputed from; all: every site. Default "attention".
   * What is not kept comes by a replay when it is asked for, with the same bits.
   */
  readonly keep?: Keep;
  /** Bytes that may be kept, KV cache and logits included; more is refused before anything runs. Default 2 GiB. */
  readonly budget?: number;
  /**
   * Rows of logits to keep: positions, negative ones from the end. Default "last". Every other row is there when asked for,
   * by a replay; log probabilities of the tokens need none.
   */
  readonly logits?: LogitsWanted;
  /** Tokens of a prompt that go through the model at once; default 256. */
  readonly chunkSize?: number;
  /**
   * Measure every operator, for `run.profile`. The same numbers come later: operators are then waited for one by one, on webgpu in passes
   * of their own. Default false.
   */
  readonly profile?: boolean;
  readonly onProgress?: ProgressListener;
  /** Checked between chunks. */
  readonly signal?: AbortSignal;
}

/** Tokens of a prompt that go through the model at once, where nobody says another number. */
export const CHUNK_SIZE = 256;

export const RUN_OPTIONS: OptionNames<RunOptions> = {
  capture: true,
  edits: true,
  logits: true,
  keep: true,
  budget: true,
  chunkSize: true,
  profile: true,
  onProgress: true,
  signal: true,
};
