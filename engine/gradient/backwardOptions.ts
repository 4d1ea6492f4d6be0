import type { OptionNames } from "../base/checkOptions.ts";
import type { ProgressListener } from "../base/progress.ts";
import type { SweepMetric } from "../sweep/sweepMetrics.ts";

/** What `model.backward` takes the gradient of, and where. */
export interface BackwardOptions {
  /** A metric with a gradient, such as `logitDifference(a, b)`: one row of logits, the last token's unless it says another position. */
  readonly of: SweepMetric;
  /** Names of sites, or globs over them: "blocks.*.hook_resid_post". */
  readonly at: string | readonly string[];
  /** Bytes on the host, of the gradients and of what the way back takes of the forward pass; more is refused before anything runs. Default 2 GiB. */
  readonly budget?: number;
  /** Checked between chunks of the forward pass, and between operators on the way back. */
  readonly signal?: AbortSignal;
  /** Is told of tokens on the way to the logits, and of operators on the way back. */
  readonly onProgress?: ProgressListener;
}

export const BACKWARD_OPTIONS: OptionNames<BackwardOptions> = {
  of: true,
  at: true,
  budget: true,
  signal: true,
  onProgress: true,
};
