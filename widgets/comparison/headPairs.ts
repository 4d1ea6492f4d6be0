import {
  METRIC_LABELS,
  METRIC_MEANINGS,
  METRIC_UNITS,
  METRICS,
  metricStep,
} from "../attention/data.ts";
import { once } from "../render/once.ts";
import type { RunSource } from "../render/runSource.ts";
import { movedMass } from "./alignedMaps.ts";
import type { Compared, ComparedRuns } from "./comparedRuns.ts";
import { pairOf } from "./pairs.ts";

/** Pairs of tokens of all heads together up to which every map of both runs is read. */
const MOST_PAIRS = 2 ** 25;

/** What heads do in both runs, layers down and heads across; of runs whose models have other heads nothing. */
export function headPairs(runs: ComparedRuns): Compared {
  const { a, b, columns } = runs;
  const { nLayers, nHeads, headsByLayer } = a.record.model;
  if (headsByLayer.join() !== b.record.model.headsByLayer.join())
    return {
      pairs: [],
      missing: [
        `attention: the models have other heads, ${headsByLayer.join(", ")} in A's layers and ${b.record.model.headsByLayer.join(", ")} in B's`,
      ],
    };
  const metrics = { a: once(() => headMetrics(a)), b: once(() => headMetrics(b)) };
  const shared = {
    tab: "attention" as const,
    provenance: "recomputed" as const,
    rows: headsByLayer.map((_, layer) => String(layer)),
    ...{ columns: "heads" as const, nColumns: nHeads },
  };
  const ofMetrics = METRICS.map((metric, m) => ({
    info: {
      ...{ ...shared, key: metric, label: METRIC_LABELS[metric] },
      meaning: `${METRIC_MEANINGS[metric]}${sampleText(runs)}`,
      unit: METRIC_UNITS[metric] ?? "",
      isDifference: false,
    },
    read: async () => {
      const all = [await metrics.a(), await metrics.b()];
      const [own, other] = all.map((values) => values.filter((_, i) => i % METRICS.length === m));
      return pairOf(own as Float64Array, other as Float64Array);
    },
  }));
  const nPairs = (nLayers * nHeads * columns.length ** 2) / 2;
  if (nPairs > MOST_PAIRS)
    return {
      pairs: ofMetrics,
      missing: [`moved mass: ${columns.length} tokens are too many to read the maps of all heads`],
    };
  const moved = {
    info: {
      ...{ ...shared, key: "moved", label: "moved mass" },
      meaning:
        "share of a query's attention that is on other tokens in B than in A, mean over the queries of both",
      ...{ unit: "", isDifference: true },
    },
    read: async () => {
      const difference = new Float64Array(nLayers * nHeads).fill(Number.NaN);
      for (const [layer, count] of headsByLayer.entries())
        for (let head = 0; head < count; head++)
          difference[layer * nHeads + head] = await movedMass(runs, layer, head);
      return { a: null, b: null, difference };
    },
  };
  return { pairs: [moved, ...ofMetrics], missing: [] };
}

/** Every so many-th query is in a run's metrics. */
function stepOf({ record: { tokens, model } }: RunSource): number {
  return metricStep(tokens.length, model.nLayers * model.nHeads);
}

/** "; over one query in 4 of A and in 2 of B"; empty where all queries of both are in them. */
function sampleText({ a, b }: ComparedRuns): string {
  const steps = [
    { name: "A", step: stepOf(a) },
    { name: "B", step: stepOf(b) },
  ].filter(({ step }) => step > 1);
  if (steps.length === 0) return "";
  return `; over one query in ${steps.map(({ name, step }) => `${step} of ${name}`).join(" and in ")}`;
}

/** (layers, heads, metrics); NaN for heads that a layer lacks. */
async function headMetrics(run: RunSource): Promise<Float64Array> {
  const { nLayers, nHeads } = run.record.model;
  const queryStep = stepOf(run);
  const all = new Float64Array(nLayers * nHeads * METRICS.length).fill(Number.NaN);
  for (let layer = 0; layer < nLayers; layer++) {
    const { means } = await run.headMetrics({ layer, queryStep });
    all.set(means, layer * nHeads * METRICS.length);
  }
  return all;
}
