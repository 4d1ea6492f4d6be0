import { METRIC_LABELS, METRICS } from "./data.ts";
import type { MetricLoader } from "./metricLoader.ts";

/** The metrics of all heads as rows of a table. */
export function createHeadTable(headsByLayer: readonly number[], metrics: MetricLoader) {
  const nHeads = Math.max(...headsByLayer);
  const heads = headsByLayer.flatMap((count, layer) =>
    Array.from({ length: count }, (_, head) => ({ layer, head })),
  );
  return {
    columns: [
      { label: "layer", isNumber: true },
      { label: "head", isNumber: true },
      ...METRICS.map((metric) => ({ label: METRIC_LABELS[metric], isNumber: true })),
    ],
    nRows: heads.length,
    row: (i: number): readonly string[] => {
      const { layer = 0, head = 0 } = heads[i] ?? {};
      const at = (layer * nHeads + head) * METRICS.length;
      const numbers = METRICS.map((_, m) => {
        const value = metrics.values[at + m] ?? Number.NaN;
        return Number.isNaN(value) ? "–" : value.toPrecision(4);
      });
      return [String(layer), String(head), ...numbers];
    },
  };
}
