import type { Dictionary, DictionaryReference } from "../dictionary/dictionary.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A position, a half-open range [from, to) of positions, or those of generated tokens. Left out: all. */
export type EditPosition = number | readonly [from: number, to: number] | "generated";

/**
 * Numbers for an edit: one for all, a row (applied at every position), or rows, one for each edited position. With `head` a
 * row is one head's. A row of an attention map is one head's keys in any case, and may be shorter than the context.
 */
export type EditValue =
  | number
  | readonly number[]
  | readonly (readonly number[])[]
  | Float32Array
  | Float64Array
  | Tensor;

interface Placed {
  readonly position?: EditPosition;
  /** Apply it behind an earlier edit of the same numbers, which are otherwise refused. */
  readonly after?: true;
}

interface AtSite extends Placed {
  /** A name of `model.sites()`, or a glob over them. */
  readonly site: string;
  /** Of a site with heads: the one to edit. Left out: all. */
  readonly head?: number;
}

/** The numbers become 0. */
export interface ZeroEdit extends AtSite {
  readonly kind: "zero";
}

/** The numbers are multiplied. */
export interface ScaleEdit extends AtSite {
  readonly kind: "scale";
  readonly factor: number;
}

/**
 * add: the value is added. replace, mean and patch: the value takes the numbers' place. project: what lies along the value, a
 * direction, is taken out: x - d (x.d) / (d.d).
 */
export interface ValueEdit extends AtSite {
  readonly kind: "add" | "replace" | "mean" | "patch" | "project";
  readonly value: EditValue;
}

/** The numbers go along a direction d: x + strength unit d / |d|. */
export interface SteerEdit extends AtSite {
  readonly kind: "steer";
  /** d: a row, or a row for each edited position. Its length does not count. */
  readonly value: EditValue;
  readonly strength: number;
  /** What strength is counted in: the mean length of the site's rows in other runs. Left out: 1. */
  readonly unit?: number;
}

/**
 * Features of a dictionary get other activations: the site's numbers x become x + (new - old) d for each, with d what one unit of the
 * feature adds. What the dictionary does not explain of x stays.
 */
export interface FeaturesEdit extends Placed {
  readonly kind: "features";
  /** The site that the dictionary reconstructs. */
  readonly site: string;
  /** In an edit of a record where it lay; it has to be loaded before the edit is made again. */
  readonly dictionary: Dictionary | DictionaryReference;
  /** New activations, by feature. */
  readonly set?: Readonly<Record<number, number>>;
  /** Factors of the activations that they have, by feature. */
  readonly scale?: Readonly<Record<number, number>>;
}

/** The choice of experts in one layer. Weights always come from the scores as the router gave them. */
export interface ExpertsEdit extends Placed {
  readonly kind: "experts";
  readonly layer: number;
  /** Chosen before all others; the best of the others fill up. */
  readonly force?: readonly number[];
  /** Never chosen. */
  readonly forbid?: readonly number[];
  /** Added to the selection scores of experts, by id. */
  readonly bias?: Readonly<Record<number, number>>;
  /** Experts a token is sent to, in place of the model's number. */
  readonly count?: number;
  /** uniform: each chosen expert gets the mean of their weights. */
  readonly weights?: "uniform";
}

/** The attention of one head. A position belongs to mask or pattern. */
export interface HeadsEdit extends Placed {
  readonly kind: "heads";
  readonly layer: number;
  readonly head: number;
  /** The head's z is 0. */
  readonly mask?: true;
  /** The score of this key for this query is -Infinity before the softmax. */
  readonly edge?: readonly [query: number, key: number];
  /** Scaled scores are divided by it; at all positions. */
  readonly temperature?: number;
  /** Takes the place of the head's pattern: a row of keys for each query, or one for all. What lies after the query stays 0. */
  readonly pattern?: EditValue;
}

/** Every token stands `by` positions further on than it does. */
export interface ShiftPositionsEdit {
  readonly kind: "shiftPositions";
  readonly by: number;
}

/** What a function that changes a site's numbers is told beside them. */
export interface ChangeAt {
  readonly site: string;
  /** Positions [start, end) of the rows, in the step that is being executed. */
  readonly start: number;
  readonly end: number;
}

/**
 * Gives the numbers that take the place of a site's: a Tensor, rows, a row or a number; nothing where it wrote into `value` itself.
 * @param value the rows of the step that the edit is for, as `run.get` gives them; with `head` that head's alone
 */
export type Change = (
  value: Tensor,
  at: ChangeAt,
) => EditValue | undefined | Promise<EditValue | undefined>;

/** The numbers go through a function, between two operators of every step. */
export interface ChangeEdit extends AtSite {
  readonly kind: "change";
  readonly change: Change;
}

/** A change of the forward pass: plain data, but for the function of `change`. */
export type Edit =
  | ZeroEdit
  | ScaleEdit
  | ValueEdit
  | SteerEdit
  | FeaturesEdit
  | ExpertsEdit
  | HeadsEdit
  | ShiftPositionsEdit
  | ChangeEdit;

/** Where other runs' numbers come from. */
export interface SiteReader {
  readonly tokens: readonly unknown[];
  get(site: string): Promise<Tensor>;
}

/** Takes another run's rows of the site: those at `from`, to the places `to`. Left out: every row to its own place. */
export interface PatchFromRun extends Omit<AtSite, "position"> {
  readonly kind: "patchFromRun";
  readonly run: SiteReader;
  readonly from?: readonly number[];
  readonly to?: readonly number[];
}

/** Replaces the numbers by their mean over all tokens of other runs. */
export interface MeanOverRuns extends AtSite {
  readonly kind: "meanOverRuns";
  readonly over: readonly SiteReader[];
}

/** Steers with a strength in units of the mean length of the site's rows in other runs, the first token of each left out. */
export interface SteerOverRuns extends Omit<SteerEdit, "kind" | "unit"> {
  readonly kind: "steerOverRuns";
  readonly over: readonly SiteReader[];
}

/** What `edits` takes: plain edits, and those whose numbers other runs have. */
export type EditRequest = Edit | PatchFromRun | MeanOverRuns | SteerOverRuns;
