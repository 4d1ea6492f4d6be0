import { METRIC_LABELS, METRICS, type Metric } from "./data.ts";
import type { HeadPlace } from "./looking.ts";

export interface MeasuredHead extends HeadPlace {
  /** The metric it stands by; NaN where none is known. */
  readonly value: number;
}

export interface HeadGroup {
  /** Empty where all heads are one group. */
  readonly label: string;
  readonly heads: readonly MeasuredHead[];
}

export interface Arrangement {
  readonly sort: Metric | "layer";
  /** Weakest first; default strongest first. Layers are always in their order. */
  readonly isAscending?: boolean;
  readonly metric: Metric;
  readonly atLeast: number;
  readonly group: "none" | "kind";
}

/** As long as no metric is known. */
export const UNSORTED = { sort: "layer", group: "none", atLeast: 0 } as const;

/** A head is of a kind if this much of its weight goes there on average. */
export const KIND_SHARE = 0.4;
const KINDS = ["previous", "induction", "self", "first"] as const satisfies readonly Metric[];
const SPREAD = "none of these";
const KIND_LABELS = [...KINDS.map((kind) => METRIC_LABELS[kind]), SPREAD];

/**
 * Which heads are drawn, in which order: as they are, or by a metric, strongest first, NaN last; apart by kind if asked.
 * @param metrics (layers, the most heads of a layer, METRICS), NaN or missing where not known
 */
export function arrangeHeads(
  headsByLayer: readonly number[],
  metrics: Float32Array,
  arrangement: Arrangement,
): readonly HeadGroup[] {
  const { sort, metric, atLeast, group } = arrangement;
  const nHeads = Math.max(...headsByLayer);
  const placeIn = ({ layer, head }: HeadPlace): number => (layer * nHeads + head) * METRICS.length;
  const by = METRICS.indexOf(sort === "layer" ? metric : sort);
  const least = atLeast <= 0 ? null : Math.fround(atLeast);
  const heads: MeasuredHead[] = [];
  for (const [layer, count] of headsByLayer.entries())
    for (let head = 0; head < count; head++) {
      const value = metrics[placeIn({ layer, head }) + by] ?? Number.NaN;
      if (least === null || value >= least) heads.push({ layer, head, value });
    }
  if (sort !== "layer") heads.sort(byStrength(arrangement.isAscending));
  if (group === "none") return [{ label: "", heads }];
  const ofKinds = KIND_LABELS.map((label) => ({
    label,
    heads: [] as MeasuredHead[],
  }));
  for (const head of heads) ofKinds[kindOf(metrics, placeIn(head))]?.heads.push(head);
  return ofKinds.filter((kind) => kind.heads.length > 0);
}

/** The place among `KINDS` of what a head does most, the one behind them where that is not much. @param at where its metrics begin */
function kindOf(metrics: ArrayLike<number>, at: number): number {
  let kind: number = KINDS.length;
  let most = Number.NEGATIVE_INFINITY;
  KINDS.forEach((metric, k) => {
    const share = metrics[at + METRICS.indexOf(metric)] ?? Number.NaN;
    if (!(share >= KIND_SHARE && share > most)) return;
    kind = k;
    most = share;
  });
  return kind;
}

/** What most of a head's weight goes to, in words. @param metrics (METRICS) */
export function kindLabel(metrics: ArrayLike<number>): string {
  return KIND_LABELS[kindOf(metrics, 0)] ?? SPREAD;
}

/** Strongest first, or weakest; NaN last either way, and equal ones in the model's order. */
export function byStrength(isAscending = false): (a: MeasuredHead, b: MeasuredHead) => number {
  const sign = isAscending ? -1 : 1;
  return (a, b) =>
    Number(Number.isNaN(a.value)) - Number(Number.isNaN(b.value)) ||
    sign * (order(b.value) - order(a.value)) ||
    a.layer - b.layer ||
    a.head - b.head;
}

const order = (value: number): number => (Number.isNaN(value) ? -1 : value);
