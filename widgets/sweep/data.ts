import { alignedBuffer } from "../render/afm.ts";
import { shortToken, visibleToken } from "../render/visibleToken.ts";

type AxisName = "layer" | "position" | "head";

export interface SweepAxisRecord {
  readonly name: AxisName;
  readonly values: readonly number[];
  /** Of each position its token, null where prompts differ there; null for layers and heads. */
  readonly tokens: readonly (string | null)[];
}

/** A sweep's result as plain data. Arrays have a number for each cell, the last axis fastest. */
export interface SweepRecord {
  readonly provenance: "measured" | "estimated";
  readonly site: string;
  readonly metric: string;
  readonly axes: readonly SweepAxisRecord[];
  readonly nPairs: number;
  /** The metric without edits, the mean over pairs. */
  readonly baseline: number;
  readonly effects: Float64Array;
  /** Ends of 95 % intervals over pairs; null of a single prompt, as p is. */
  readonly low: Float64Array | null;
  readonly high: Float64Array | null;
  /** Of a permutation test, corrected over all cells. */
  readonly p: Float64Array | null;
}

/** Synced with the page: all that the picture shows. */
export interface SweepState extends SweepRecord {
  /** The run whose pictures share what is pointed at; null where none was given. */
  readonly runId: string | null;
  /** Tokens of that run, from whose end negative positions count. */
  readonly runTokens: number | null;
}

/** Most cells that travel: a megabyte of effects. */
export const MOST_CELLS = 2 ** 17;

/** Levels that a corrected p is held against. */
export const LEVELS = ["0.05", "0.01", "0.001"] as const;
export type Level = (typeof LEVELS)[number];

/** A page's state: buffers come as views of bytes. @param get what the page has under a name */
export function readState(get: (key: string) => unknown): SweepState {
  const read = <K extends keyof SweepState>(key: K) => get(key) as SweepState[K];
  const numbers = (value: unknown) =>
    value === null || value === undefined ? null : new Float64Array(alignedBuffer(value));
  return {
    provenance: read("provenance"),
    site: read("site"),
    metric: read("metric"),
    axes: read("axes"),
    nPairs: read("nPairs"),
    baseline: read("baseline"),
    effects: numbers(read("effects")) ?? new Float64Array(0),
    low: numbers(read("low")),
    high: numbers(read("high")),
    p: numbers(read("p")),
    runId: read("runId"),
    runTokens: read("runTokens"),
  };
}

/** "5 ·cat": what stands beside a row or column. @param most characters of the token */
export function axisLabel({ values, tokens }: SweepAxisRecord, index: number, most = 12): string {
  const token = tokens[index] ?? null;
  return token === null
    ? String(values[index])
    : `${values[index]} ${shortToken(token, Math.max(1, most))}`;
}

/** The index along each axis of a cell. */
export function indicesOf({ axes }: Pick<SweepRecord, "axes">, cell: number): number[] {
  let rest = cell;
  const last = axes.toReversed().map(({ values }) => {
    const index = rest % values.length;
    rest = Math.floor(rest / values.length);
    return index;
  });
  return last.reverse();
}

/** "layer 3, position 5 ·cat" */
export function placeText(record: Pick<SweepRecord, "axes">, cell: number): string {
  return indicesOf(record, cell)
    .map((index, i) => {
      const axis = record.axes[i];
      if (axis === undefined) return "";
      const token = axis.tokens[index] ?? null;
      const named = token === null ? "" : ` ${visibleToken(token)}`;
      return `${axis.name} ${axis.values[index]}${named}`;
    })
    .join(", ");
}

/** Four digits with a sign: "+1.234", "−0.05". */
export function effectText(x: number): string {
  if (Number.isNaN(x)) return "NaN";
  if (!Number.isFinite(x)) return x > 0 ? "+∞" : "−∞";
  const digits = String(Number(Math.abs(x).toPrecision(4)));
  return x === 0 ? "0" : `${x > 0 ? "+" : "−"}${digits}`;
}

/** Four digits, a sign where it is below 0. */
export function baselineText({ baseline }: Pick<SweepRecord, "baseline">): string {
  return effectText(baseline).replace("+", "");
}

/** False where there is no p. */
export function survives({ p }: Pick<SweepRecord, "p">, cell: number, level: Level): boolean {
  return p !== null && (p[cell] ?? 1) <= Number(level);
}

/** The smallest p that so many pairs can have. */
const leastP = (nPairs: number): number => 2 / 2 ** nPairs;

/** What the p values say of all cells together. */
export function survivorText(record: SweepRecord, level: Level): string {
  const { p, nPairs, effects } = record;
  if (p === null)
    return record.provenance === "estimated"
      ? "Estimates of one pair of runs: no intervals and no p."
      : "One prompt: no intervals and no p.";
  if (leastP(nPairs) > Number(level))
    return `No cell can survive at p ≤ ${level}: ${nPairs} pairs have no p below ${leastP(nPairs)}.`;
  const count = p.reduce((n, _, cell) => n + (survives(record, cell, level) ? 1 : 0), 0);
  return `${count} of ${effects.length} cells survive at p ≤ ${level}, corrected over all cells.`;
}

/** The cell whose effect is farthest from 0; null where none is finite. */
export function largestCell({ effects }: Pick<SweepRecord, "effects">): number | null {
  let found: number | null = null;
  effects.forEach((effect, cell) => {
    if (!Number.isFinite(effect)) return;
    if (found === null || Math.abs(effect) > Math.abs(effects[found] ?? 0)) found = cell;
  });
  return found;
}

/** Baseline, largest effect, and what survives. */
export function summaryText(record: SweepRecord, level: Level): string {
  const { metric, nPairs, effects, provenance } = record;
  const mean = nPairs === 1 ? "" : `, the mean of ${nPairs} pairs`;
  const cell = largestCell(record);
  const largest =
    cell === null
      ? "No effect is finite."
      : `Largest effect ${effectText(effects[cell] ?? 0)} at ${placeText(record, cell)}.`;
  const word = provenance === "estimated" ? " Effects are estimated, not measured." : "";
  return `Baseline ${baselineText(record)}: ${metric} without edits${mean}.${word} ${largest} ${survivorText(record, level)}`;
}

/** "blocks.{layer}.hook_resid_pre · 6 layers × 40 positions · 20 pairs · measured" */
export function subtitleOf({ site, axes, nPairs, provenance }: SweepRecord): string {
  const sizes = axes.map(
    ({ name, values }) => `${values.length} ${name}${values.length === 1 ? "" : "s"}`,
  );
  const pairs = nPairs === 1 ? "1 prompt" : `${nPairs} pairs`;
  return [site, sizes.join(" × "), pairs, provenance].join(" · ");
}

/** Effects that are told in words. */
const TOLD = 8;

/** The same picture in words. */
export function sweepText(record: SweepRecord): string {
  const { effects, low, high, p } = record;
  const order = [...effects.keys()]
    .filter((cell) => Number.isFinite(effects[cell]))
    .sort((a, b) => Math.abs(effects[b] ?? 0) - Math.abs(effects[a] ?? 0));
  const lines = order.slice(0, TOLD).map((cell) => {
    const range =
      low === null || high === null
        ? ""
        : ` [${effectText(low[cell] ?? 0)}, ${effectText(high[cell] ?? 0)}]`;
    const chance = p === null ? "" : `, p ${Number((p[cell] ?? 1).toPrecision(4))}`;
    return `${placeText(record, cell)}: ${effectText(effects[cell] ?? 0)}${range}${chance}`;
  });
  return [`Sweep of ${subtitleOf(record)}`, summaryText(record, LEVELS[0]), ...lines].join("\n");
}
