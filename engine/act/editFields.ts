import type { OptionNames } from "../base/checkOptions.ts";
import type {
  ChangeEdit,
  ExpertsEdit,
  FeaturesEdit,
  HeadsEdit,
  MeanOverRuns,
  PatchFromRun,
  ScaleEdit,
  ShiftPositionsEdit,
  SteerEdit,
  SteerOverRuns,
  ValueEdit,
  ZeroEdit,
} from "./edit.ts";

const PLACED = { position: true, after: true } as const;
const AT_SITE = { kind: true, site: true, head: true, ...PLACED } as const;
const VALUE: OptionNames<ValueEdit> = { ...AT_SITE, value: true };
const STEER = { ...AT_SITE, value: true, strength: true } as const;
/** The fields that each kind of edit may have. */
export const FIELDS = {
  zero: AT_SITE satisfies OptionNames<ZeroEdit>,
  scale: { ...AT_SITE, factor: true } satisfies OptionNames<ScaleEdit>,
  add: VALUE,
  replace: VALUE,
  mean: VALUE,
  patch: VALUE,
  project: VALUE,
  steer: { ...STEER, unit: true } satisfies OptionNames<SteerEdit>,
  features: {
    ...PLACED,
    kind: true,
    site: true,
    dictionary: true,
    set: true,
    scale: true,
  } satisfies OptionNames<FeaturesEdit>,
  experts: {
    ...PLACED,
    kind: true,
    layer: true,
    force: true,
    forbid: true,
    bias: true,
    count: true,
    weights: true,
  } satisfies OptionNames<ExpertsEdit>,
  heads: {
    ...PLACED,
    kind: true,
    layer: true,
    head: true,
    mask: true,
    edge: true,
    temperature: true,
    pattern: true,
  } satisfies OptionNames<HeadsEdit>,
  shiftPositions: { kind: true, by: true } satisfies OptionNames<ShiftPositionsEdit>,
  patchFromRun: {
    kind: true,
    site: true,
    head: true,
    after: true,
    run: true,
    from: true,
    to: true,
  } satisfies OptionNames<PatchFromRun>,
  change: { ...AT_SITE, change: true } satisfies OptionNames<ChangeEdit>,
  meanOverRuns: { ...AT_SITE, over: true } satisfies OptionNames<MeanOverRuns>,
  steerOverRuns: { ...STEER, over: true } satisfies OptionNames<SteerOverRuns>,
} as const;

/** Kinds that are data by themselves. */
export const PLAIN_KINDS = Object.keys(FIELDS).filter((kind) => !/Runs?$/.test(kind));
