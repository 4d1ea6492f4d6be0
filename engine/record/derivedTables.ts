import type { CostRecord, HeadMetricsRecord, RoutingRecord } from "../trace/schema.ts";
import type { RowOf } from "./table.ts";

/** A row for each token, layer of experts and place. */
export const ROUTES = {
  position: "i32",
  layer: "i32",
  slot: "i32",
  expert: "i32",
  weight: "f64",
  entropy_bits: "f64",
} as const;

/** A row for each token. */
export const COSTS = {
  position: "i32",
  phase: "text",
  flops: "f64",
  weight_bytes: "f64",
  kv_read_bytes: "f64",
  kv_write_bytes: "f64",
  duration_ms: "f64",
} as const;

/** A row for each layer, head and metric. */
export const HEAD_METRICS = {
  layer: "i32",
  head: "i32",
  metric: "text",
  value: "f64",
  n_queries: "i32",
  query_step: "i32",
} as const;

export function routeRows(routing: RoutingRecord): RowOf<typeof ROUTES>[] {
  const { layers, nTokens, nExpertsPerToken: k, indices, weights, entropyBits } = routing;
  return layers.flatMap((layer, row) =>
    Array.from({ length: nTokens * k }, (_, i) => ({
      position: Math.floor(i / k),
      ...{ layer, slot: i % k },
      expert: indices[row * nTokens * k + i] ?? null,
      weight: weights[row * nTokens * k + i] ?? null,
      entropy_bits: entropyBits[row * nTokens + Math.floor(i / k)] ?? null,
    })),
  );
}

export function costRows({ tokens }: CostRecord): RowOf<typeof COSTS>[] {
  return tokens.map((cost) => ({
    position: cost.index,
    phase: cost.phase,
    flops: cost.flops,
    weight_bytes: cost.weightBytes,
    kv_read_bytes: cost.kvReadBytes,
    kv_write_bytes: cost.kvWriteBytes,
    duration_ms: cost.durationMs,
  }));
}

export function metricRows(record: HeadMetricsRecord): RowOf<typeof HEAD_METRICS>[] {
  const { layer, metrics, means, nQueries, queryStep } = record;
  return Array.from(means, (value, i) => ({
    ...{ layer, head: Math.floor(i / metrics.length), metric: metrics[i % metrics.length] ?? "" },
    ...{ value, n_queries: nQueries, query_step: queryStep },
  }));
}
