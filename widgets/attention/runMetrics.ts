import type { RunRecord } from "../../engine/trace/schema.ts";
import type { RunSource } from "../render/runSource.ts";
import { headCounts, metricStep } from "./data.ts";

/** A run whose heads are measured beside the picture's. */
export type MeasuredRun = Pick<RunSource, "record" | "headMetrics">;

/** @throws TypeError for a run whose layers have other heads */
export function checkRuns(own: RunRecord, runs: readonly MeasuredRun[]): void {
  const { headsByLayer } = own.model;
  if (!Array.isArray(runs))
    throw new TypeError(
      `attention runs: expected a list of runs, got ${typeof runs}. Write [run, ...].`,
    );
  for (const { record } of runs) {
    const theirs = record.model.headsByLayer;
    if (theirs.join() !== headsByLayer.join())
      throw new TypeError(
        `attention runs: expected ${headsByLayer.length} layers of ${headCounts(headsByLayer)}, got ${theirs.length} of ${headCounts(theirs)} in ${record.model.name}. Pass runs of one model.`,
      );
  }
}

/** (heads of the layer, METRICS) of one run; of long texts over a sample of its queries. */
export async function metricsOfRun(run: MeasuredRun, layer: number): Promise<Float32Array> {
  const { model, tokens } = run.record;
  const queryStep = metricStep(tokens.length, model.nLayers * model.nHeads);
  return (await run.headMetrics({ layer, queryStep })).means;
}

/**
 * (heads, METRICS) the mean over runs, each with the same weight; of a metric that a run has no number for, over the others.
 * @param runs of each the heads of one layer
 */
export function meanOfRuns(runs: readonly Float32Array[]): Float32Array {
  const size = runs[0]?.length ?? 0;
  return Float32Array.from({ length: size }, (_, i) => {
    const known = runs.map((means) => means[i] ?? Number.NaN).filter((x) => !Number.isNaN(x));
    return known.reduce((sum, x) => sum + x, 0) / known.length;
  });
}
