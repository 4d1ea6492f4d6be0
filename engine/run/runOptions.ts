import type { OptionNames } from "../checkOptions.ts";
import type { ProgressListener } from "../progress.ts";

export interface RunOptions {
  /** Globs over site names; see `matchSites`. */
  readonly capture?: string | readonly string[];
  /** Tokens of a prompt that go through the model at once; default 256. */
  readonly chunkSize?: number;
  readonly onProgress?: ProgressListener;
  /** Checked between chunks. */
  readonly signal?: AbortSignal;
}

export const RUN_OPTIONS: OptionNames<RunOptions> = {
  capture: true,
  chunkSize: true,
  onProgress: true,
  signal: true,
};
