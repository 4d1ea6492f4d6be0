import { largestCell, type SweepRecord } from "./data.ts";

export const SCALES = ["linear", "log", "rank"] as const;
export type ScaleName = (typeof SCALES)[number];

/** Effects this much smaller than the largest are drawn as 0 on the log scale. */
const LOG_SPAN = 1e-3;

/** How cells become colours: all maps of a sweep have the same. */
export interface EffectScale {
  readonly name: ScaleName;
  /** The size of the finite effect farthest from 0. */
  readonly largest: number;
  readonly nNotFinite: number;
  /** -1 to 1; NaN where the effect is not finite. */
  strengthOf(cell: number): number;
}

export function effectScale(record: SweepRecord, name: ScaleName): EffectScale {
  const { effects } = record;
  const cell = largestCell(record);
  const largest = cell === null ? 0 : Math.abs(effects[cell] ?? 0);
  const nNotFinite = effects.reduce((n, effect) => n + (Number.isFinite(effect) ? 0 : 1), 0);
  const ranks = name === "rank" ? ranksOf(effects) : null;
  const sizeOf = (at: number, size: number): number => {
    if (size === 0) return 0;
    if (ranks !== null) return ranks[at] ?? 0;
    if (name === "linear") return size / largest;
    return Math.max(0, Math.log(size / (largest * LOG_SPAN)) / Math.log(1 / LOG_SPAN));
  };
  return {
    ...{ name, largest, nNotFinite },
    strengthOf(at) {
      const effect = effects[at] ?? Number.NaN;
      if (!Number.isFinite(effect)) return Number.NaN;
      return Math.sign(effect) * sizeOf(at, Math.abs(effect));
    },
  };
}

/** Of each cell the share of finite effects that are no farther from 0; equal ones have the same. */
function ranksOf(effects: Float64Array): Float64Array {
  const ranks = new Float64Array(effects.length);
  const finite = [...effects.keys()].filter((cell) => Number.isFinite(effects[cell]));
  const size = (cell: number): number => Math.abs(effects[cell] ?? 0);
  finite.sort((a, b) => size(a) - size(b));
  for (let from = 0, to = 0; from < finite.length; from = to) {
    while (to < finite.length && size(finite[to] ?? 0) === size(finite[from] ?? 0)) to += 1;
    for (const cell of finite.slice(from, to)) ranks[cell] = to / finite.length;
  }
  return ranks;
}

/** What the ends of the scale are, in words. */
export function scaleEnds({
  name,
  largest,
}: EffectScale): readonly [low: string, high: string, rest: string] {
  if (name === "rank") return ["farthest below 0", "farthest above 0", "by rank of |effect|"];
  const end = String(Number(largest.toPrecision(3)));
  const named = name === "linear" ? "linear" : "by decades, three of them";
  return [`−${end}`, `+${end}`, named];
}
