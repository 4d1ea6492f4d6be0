import type { EditRequest } from "../act/edit.ts";
import type { OptionNames } from "../base/checkOptions.ts";
import type { ProgressListener } from "../base/progress.ts";
import type { SweepMetric } from "./sweepMetrics.ts";

/** What a sweep can go over. */
export type SweepAxisName = "layer" | "position" | "head";

/** Where a sweep edits. */
export interface SweepGrid<Axis extends SweepAxisName = SweepAxisName> {
  /** A name of `model.sites()` with `{layer}` in place of the layer: "blocks.{layer}.hook_resid_pre". */
  readonly site: string;
  /** One to three axes, in the order that the result has them in. */
  readonly over: readonly Axis[];
  /** Default: every layer that has the site. */
  readonly layers?: readonly number[];
  /** Negative ones count from the end of each prompt. Default: all; the prompts then have to be of one length. */
  readonly positions?: readonly number[];
  /** Default: every head of the site. */
  readonly heads?: readonly number[];
}

/** A cell of the grid: the site in its layer, and the index of each axis that the sweep goes over. */
export type SweepPlace<Axis extends SweepAxisName = SweepAxisName> = {
  readonly site: string;
} & { readonly [Name in Axis]: number };

/** One of several prompts; `edit` is handed the whole object, so that it may hold a clean run or whatever else an edit needs. */
export interface SweepPair<Input = unknown> {
  readonly prompt: Input;
  /** Default: that of the options. */
  readonly metric?: SweepMetric;
}

/** What `model.sweep` does in each cell. */
export interface SweepOptions<
  Axis extends SweepAxisName = SweepAxisName,
  Pair extends SweepPair = SweepPair,
> {
  readonly grid: SweepGrid<Axis>;
  /** What to change in a cell: one edit, or a list. */
  readonly edit: (at: SweepPlace<Axis>, pair: Pair) => EditRequest | readonly EditRequest[];
  /** What is measured; needed unless every pair has its own. */
  readonly metric?: SweepMetric;
  /** Tokens of a prompt that go through the model at once; default 256, as in `run`. */
  readonly chunkSize?: number;
  /** Of several pairs: how often they are drawn again for intervals, and signs are turned for p. Default 2000. */
  readonly resamples?: number;
  /** Of several pairs: the same seed, the same intervals. Default 0. */
  readonly seed?: number;
  /** Is told of every cell: stage "sweep". */
  readonly onProgress?: ProgressListener;
  /** Checked before each chunk of each cell. */
  readonly signal?: AbortSignal;
}

export const SWEEP_OPTIONS: OptionNames<SweepOptions> = {
  grid: true,
  edit: true,
  metric: true,
  chunkSize: true,
  resamples: true,
  seed: true,
  onProgress: true,
  signal: true,
};

export const SWEEP_GRID: OptionNames<SweepGrid> = {
  site: true,
  over: true,
  layers: true,
  positions: true,
  heads: true,
};
