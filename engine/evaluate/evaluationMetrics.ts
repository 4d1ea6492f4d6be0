import { groupBy } from "../base/groupBy.ts";
import { Pcg32 } from "../generate/pcg32.ts";
import { wilsonInterval } from "../vote/wilsonInterval.ts";
import {
  bootstrapInterval,
  type Clusters,
  clusteredInterval,
  percentile,
  ratio,
  shareInterval,
} from "./clusterStatistics.ts";
import type { EvaluatedSample } from "./evaluatedSample.ts";
import { passAt } from "./passAt.ts";
import { likeliest } from "./scoreChoices.ts";
import type { TaskMetric } from "./task.ts";

/** A number made of one arm's samples. */
export interface MetricRow {
  readonly edits: string | null;
  readonly thinking: string | null;
  readonly metric: string;
  readonly value: number;
  /** Samples that it is made of, every epoch counted. */
  readonly n: number;
}

/** Where a metric lies, 95%. */
export interface IntervalRow {
  readonly edits: string | null;
  readonly thinking: string | null;
  readonly metric: string;
  /**
   * wilson: of a share of independent replies; clustered: by the normal distribution, epochs of a sample being one cluster, cut off at 0 and 1;
   * bootstrap: over samples. The last two have no width where all samples are alike.
   */
  readonly method: "wilson" | "clustered" | "bootstrap";
  readonly low: number;
  readonly high: number;
}

export interface MetricsRequest {
  readonly passAt: readonly number[];
  readonly resamples: number;
  readonly seed: number;
  readonly metrics: Readonly<Record<string, TaskMetric>>;
}

/** Samples of one arm. */
export interface ArmSamples {
  readonly edits: string | null;
  readonly thinking: string | null;
  readonly samples: readonly EvaluatedSample[];
}

type Counted = readonly [above: number, below: number];

const share = (isIn: boolean, counts = true): Counted => [Number(counts && isIn), Number(counts)];

/** What every sample adds to a metric: to the sum above the line and to the number below it. */
const SHARES: Readonly<Record<string, (sample: EvaluatedSample) => Counted>> = {
  accuracy: ({ outcome }) => share(outcome === "right"),
  accuracy_answered: ({ outcome }) => share(outcome === "right", outcome !== "cut"),
  accuracy_upper: ({ outcome }) => share(outcome !== "wrong"),
  cut_share: ({ outcome }) => share(outcome === "cut"),
};

const OF_CHOICES: Readonly<Record<string, (sample: EvaluatedSample) => Counted>> = {
  accuracy_sum: ({ choices }) => share(isRight(choices, "sum")),
  accuracy_byte: ({ choices }) => share(isRight(choices, "byte")),
};

function isRight(choices: EvaluatedSample["choices"], by: "sum" | "byte"): boolean {
  return choices?.[likeliest(choices, by)]?.isRight ?? false;
}

/** Samples arm by arm, in the order in which arms first come. */
export function samplesByArm(samples: readonly EvaluatedSample[]): ArmSamples[] {
  const arms = groupBy(samples, ({ edits, thinking }) => JSON.stringify([edits, thinking]));
  return [...arms.values()].map((own) => {
    const { edits, thinking } = own[0] as EvaluatedSample;
    return { edits, thinking, samples: own };
  });
}

/** Every metric of one arm, and its intervals. */
export function armMetrics(
  { edits, thinking, samples }: ArmSamples,
  request: MetricsRequest,
): { readonly metrics: MetricRow[]; readonly intervals: IntervalRow[] } {
  const metrics: MetricRow[] = [];
  const intervals: IntervalRow[] = [];
  const arm = { edits, thinking };
  const groups = [...groupBy(samples, ({ index }) => index).values()];
  const epochs = Math.max(1, ...groups.map((group) => group.length));
  const add = (metric: string, clusters: Clusters, isShare: boolean) => {
    const n = clusters.denominators.reduce((sum, count) => sum + count, 0);
    metrics.push({ ...arm, metric, value: n === 0 ? Number.NaN : ratio(clusters), n });
    if (n === 0) return;
    if (isShare && epochs === 1) {
      const hits = clusters.numerators.reduce((sum, count) => sum + count, 0);
      intervals.push({ ...arm, metric, method: "wilson", ...wilsonInterval(hits, n) });
    }
    intervals.push({
      ...arm,
      metric,
      method: "clustered",
      ...shareInterval(clusteredInterval(clusters)),
    });
    intervals.push({
      ...arm,
      metric,
      method: "bootstrap",
      ...bootstrapInterval(clusters, request),
    });
  };
  const isOfChoices = samples.some(({ choices }) => choices !== null);
  const shares = { ...SHARES, ...(isOfChoices && OF_CHOICES) };
  for (const [metric, of] of Object.entries(shares)) add(metric, clustersOf(groups, of), true);
  add(
    "score",
    clustersOf(groups, ({ score }) => [score ?? 0, 1]),
    false,
  );
  for (const k of request.passAt) add(`pass@${k}`, passClusters(groups, k), false);
  for (const [metric, compute] of Object.entries(request.metrics)) {
    metrics.push({ ...arm, metric, value: compute(samples), n: samples.length });
    const interval = resampled(groups, compute, request);
    intervals.push({ ...arm, metric, method: "bootstrap", ...interval });
  }
  return { metrics, intervals };
}

function clustersOf(
  groups: readonly (readonly EvaluatedSample[])[],
  of: (sample: EvaluatedSample) => Counted,
): Clusters {
  const counted = groups.map((group) => group.map(of));
  const total = (part: 0 | 1) =>
    counted.map((group) => group.reduce((sum, pair) => sum + pair[part], 0));
  return { numerators: total(0), denominators: total(1) };
}

function passClusters(groups: readonly (readonly EvaluatedSample[])[], k: number): Clusters {
  const numerators = groups.map((group) => {
    const right = group.filter(({ outcome }) => outcome === "right").length;
    return passAt(group.length, right, k);
  });
  return { numerators, denominators: groups.map(() => 1) };
}

/** Percentile bootstrap of a function of the samples, epochs of a sample being drawn together. */
function resampled(
  groups: readonly (readonly EvaluatedSample[])[],
  compute: TaskMetric,
  { resamples, seed }: MetricsRequest,
) {
  const random = new Pcg32(seed);
  const values = Float64Array.from({ length: resamples }, () =>
    compute(groups.flatMap(() => groups[Math.floor(random.nextFloat() * groups.length)] ?? [])),
  );
  values.sort();
  return { low: percentile(values, 0.025), high: percentile(values, 0.975) };
}
