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

/**
 * Which heads are drawn, in which order: as they are, or by a metric, strongest first, NaN last; apart by kind if asked.
 * @param metrics (layers, the most heads of a layer, METRICS), NaN or missing where not known
 */
export function arrangeHeads(
  headsByLayer: readonly number[],
  metrics: Float32Array,
  arrangement: Arrangement,
): readonly HeadGroup[] {
  const nHeads = Math.max(...headsByLayer);
  const by = arrangement.sort === "layer" ? arrangement.metric : arrangement.sort;
  const metricOf = ({ layer, head }: HeadPlace, metric: Metric): number =>
    metrics[(layer * nHeads + head) * METRICS.length + METRICS.indexOf(metric)] ?? Number.NaN;
  const heads = headsByLayer
    .flatMap((count, layer) => Array.from({ length: count }, (_, head) => ({ layer, head })))
    .map((place) => ({ ...place, value: metricOf(place, by) }))
    .filter(({ value }) => arrangement.atLeast <= 0 || value >= Math.fround(arrangement.atLeast));
  if (arrangement.sort !== "layer") heads.sort(strongerFirst);
  if (arrangement.group === "none") return [{ label: "", heads }];
  const kindOf = (place: HeadPlace): string => {
    const [best] = KINDS.toSorted((a, b) => order(metricOf(place, b)) - order(metricOf(place, a)));
    return best && metricOf(place, best) >= KIND_SHARE ? METRIC_LABELS[best] : SPREAD;
  };
  const kinds = heads.map(kindOf);
  return [...KINDS.map((kind) => METRIC_LABELS[kind]), SPREAD]
    .map((label) => ({ label, heads: heads.filter((_, i) => kinds[i] === label) }))
    .filter((group) => group.heads.length > 0);
}

function strongerFirst(a: MeasuredHead, b: MeasuredHead): number {
  return order(b.value) - order(a.value) || a.layer - b.layer || a.head - b.head;
}

const order = (value: number): number => (Number.isNaN(value) ? -1 : value);
