import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import type { Dictionary } from "../dictionary/dictionary.ts";
import type {
  Change,
  ChangeEdit,
  EditPosition,
  EditValue,
  ExpertsEdit,
  FeaturesEdit,
  HeadsEdit,
  MeanOverRuns,
  PatchFromRun,
  ScaleEdit,
  ShiftPositionsEdit,
  SiteReader,
  SteerEdit,
  SteerOverRuns,
  ValueEdit,
  ZeroEdit,
} from "./edit.ts";

/** Which numbers of a site an edit is for. */
export interface EditWhere {
  /** Of a site with heads: the one to edit. Default: all. */
  readonly head?: number;
  /** A position (negative: from the end of the prompt), a range [from, to), or "generated". Default: all. */
  readonly position?: EditPosition;
  /** Apply it behind an earlier edit of the same numbers, which are otherwise refused. */
  readonly after?: true;
}

const WHERE: OptionNames<EditWhere> = { head: true, position: true, after: true };
const PATCH_WHERE: OptionNames<PatchWhere> = { head: true, after: true, from: true, to: true };

/** The site's numbers become 0: `zero("blocks.3.attn.hook_z", { head: 2 })`. @throws InputError ERR_OPTION */
export function zero(site: string, where: EditWhere = {}): ZeroEdit {
  checkOptions("zero", where, WHERE);
  return { kind: "zero", site, ...where };
}

/** The site's numbers are multiplied: `scale("blocks.5.hook_resid_post", 0.5, { position: [4, 9] })`. @throws InputError ERR_OPTION */
export function scale(site: string, factor: number, where: EditWhere = {}): ScaleEdit {
  checkOptions("scale", where, WHERE);
  return { kind: "scale", site, factor, ...where };
}

/**
 * The value is added: `add("blocks.4.hook_resid_post", vector, { position: "generated" })` steers a generation.
 * @throws InputError ERR_OPTION
 */
export function add(site: string, value: EditValue, where: EditWhere = {}): ValueEdit {
  checkOptions("add", where, WHERE);
  return { kind: "add", site, value, ...where };
}

/** The value takes the place of the site's numbers: one row for every position, or a row for each. @throws InputError ERR_OPTION */
export function replace(site: string, value: EditValue, where: EditWhere = {}): ValueEdit {
  checkOptions("replace", where, WHERE);
  return { kind: "replace", site, value, ...where };
}

/** Takes a direction out of the site: x - d (x.d) / (d.d). @throws InputError ERR_OPTION */
export function project(site: string, direction: EditValue, where: EditWhere = {}): ValueEdit {
  checkOptions("project", where, WHERE);
  return { kind: "project", site, value: direction, ...where };
}

/**
 * The site's mean over all tokens of other runs takes its place: `mean("blocks.*.hook_mlp_out", { over: runs })`.
 * @throws InputError ERR_OPTION
 */
export function mean(
  site: string,
  where: EditWhere & { readonly over: readonly SiteReader[] },
): MeanOverRuns {
  checkOptions("mean", where, { ...WHERE, over: true });
  return { kind: "meanOverRuns", site, ...where };
}

/**
 * The site's numbers go through a function: `change("blocks.3.hook_resid_mid", (value) => { value.data[0] = 0; })`. It runs
 * between two operators of every step, and again in a replay, so that the same numbers should give the same.
 * @throws InputError ERR_OPTION
 */
export function change(site: string, by: Change, where: EditWhere = {}): ChangeEdit {
  checkOptions("change", where, WHERE);
  return { kind: "change", site, change: by, ...where };
}

/** Which of another run's rows go where. */
export type PatchWhere = Pick<PatchFromRun, "head" | "after" | "from" | "to">;

/**
 * Another run's rows take the place of this one's: `patch("blocks.2.hook_resid_mid", other, { from: [5], to: [7] })`.
 * @throws InputError ERR_OPTION
 */
export function patch(site: string, run: SiteReader, where: PatchWhere = {}): PatchFromRun {
  checkOptions("patch", where, PATCH_WHERE);
  return { kind: "patchFromRun", site, run, ...where };
}

/** Where a direction is added, and how far. */
export interface SteerOptions extends EditWhere {
  /** A name of `model.sites()`, or a glob over them. */
  readonly site: string;
  /**
   * How far along the direction: the length of what is added, in the site's own numbers or, with `over`, in mean lengths of its rows.
   * Negative: against it.
   */
  readonly strength: number;
  /** Runs whose rows of the site, without each run's first, say what its length is; default: 1. */
  readonly over?: readonly SiteReader[];
}

/**
 * A direction is added, whatever its own length: `steer(found.direction, { site: found.site, strength: 4 })` goes 4 along it, and with
 * `over: runs` four times the mean length of the site's rows in those runs.
 * @throws InputError ERR_OPTION
 */
export function steer(direction: EditValue, options: SteerOptions): SteerEdit | SteerOverRuns {
  checkOptions("steer", options, { ...WHERE, site: true, strength: true, over: true });
  const { over, ...where } = options;
  if (over === undefined) return { kind: "steer", value: direction, ...where };
  return { kind: "steerOverRuns", value: direction, over, ...where };
}

/**
 * Features of a dictionary: `features(dictionary).set({ 12: 0 })`. The model computes on with its own numbers, and only what these features
 * add to them changes. The host computes what they were, between two operators of every step.
 * @throws InputError ERR_OPTION
 */
export function features(
  dictionary: Dictionary,
  where: Pick<EditWhere, "position" | "after"> = {},
) {
  checkOptions("features", where, { position: true, after: true });
  const edit = (change: Partial<FeaturesEdit>): FeaturesEdit => ({
    kind: "features",
    site: dictionary.siteOut,
    dictionary,
    ...where,
    ...change,
  });
  return {
    /** They get these activations, by feature. */
    set: (activations: Readonly<Record<number, number>>) => edit({ set: activations }),
    /** Their activations are multiplied, by feature. */
    scale: (factors: Readonly<Record<number, number>>) => edit({ scale: factors }),
  };
}

/** The choice of experts in a layer: `experts({ layer: 4 }).force([3])`. @throws InputError ERR_OPTION */
export function experts(at: Pick<ExpertsEdit, "layer" | "position">) {
  checkOptions("experts", at, { layer: true, position: true });
  const edit = (change: Partial<ExpertsEdit>): ExpertsEdit => ({
    kind: "experts",
    ...at,
    ...change,
  });
  return {
    /** These are chosen before all others; the best of the others fill up. */
    force: (ids: readonly number[]) => edit({ force: ids }),
    /** These are never chosen. */
    forbid: (ids: readonly number[]) => edit({ forbid: ids }),
    /** Added to the selection score of an expert; its weight stays as the router gave it. */
    bias: (id: number, by: number) => edit({ bias: { [id]: by } }),
    /** So many experts a token, in place of the model's number. */
    count: (k: number) => edit({ count: k }),
    /** Each chosen expert gets the mean of their weights. */
    weights: (how: "uniform") => edit({ weights: how }),
  };
}

/** The attention of a head: `heads({ layer: 4, head: 1 }).mask()`. @throws InputError ERR_OPTION */
export function heads(at: Pick<HeadsEdit, "layer" | "head" | "position">) {
  checkOptions("heads", at, { layer: true, head: true, position: true });
  const edit = (change: Partial<HeadsEdit>): HeadsEdit => ({ kind: "heads", ...at, ...change });
  return {
    /** The head's z is 0. */
    mask: () => edit({ mask: true }),
    /** The query does not see the key. */
    edge: (query: number, key: number) => edit({ edge: [query, key] }),
    /** Scaled scores are divided by it before the softmax. */
    temperature: (by: number) => edit({ temperature: by }),
    /** The head attends as these rows say, one for each query: what lies after the query stays 0. */
    pattern: (rows: EditValue) => edit({ pattern: rows }),
  };
}

/** Every token stands so many positions further on. */
export const shiftPositions = (by: number): ShiftPositionsEdit => ({ kind: "shiftPositions", by });
