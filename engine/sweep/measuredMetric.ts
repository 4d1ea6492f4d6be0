import { InputError } from "../base/errors.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { SweepMetric } from "./sweepMetrics.ts";

/**
 * The position whose row of logits a metric is given, counted from the start.
 * @param what the function that was given the metric, for the message
 * @throws InputError ERR_OPTION, ERR_SELECTION
 */
export function checkMetric(
  what: string,
  metric: SweepMetric | undefined,
  nTokens: number,
): number {
  if (typeof metric !== "function")
    throw new InputError(
      "ERR_OPTION",
      `${what}: expected a function as metric, got ${JSON.stringify(metric) ?? "nothing"}. Write logitDifference(a, b), or (row) => ...`,
    );
  const { position = -1 } = metric;
  if (Number.isInteger(position) && position >= -nTokens && position < nTokens)
    return position < 0 ? nTokens + position : position;
  throw new InputError(
    "ERR_SELECTION",
    `${what} metric: expected a position from ${-nTokens} to ${nTokens - 1}, got ${position}. Choose one that exists.`,
  );
}

/** @throws InputError ERR_OPTION for what is no number */
export async function metricValue(
  what: string,
  metric: SweepMetric,
  row: HostArray,
): Promise<number> {
  const value: unknown = await metric(row);
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  throw new InputError(
    "ERR_OPTION",
    `${what} metric: expected a number, got ${String(value)}. Return one for each row of logits.`,
  );
}

/** What a result calls a metric. */
export function metricLabel(
  { label, name }: SweepMetric,
  tokenText: (id: number) => string,
): string {
  return typeof label === "function" ? label(tokenText) : (label ?? (name || "metric"));
}

/** What a result calls the metrics of its pairs: of each pair its own where they differ. */
export function metricsLabel(
  metrics: readonly SweepMetric[],
  tokenText: (id: number) => string,
): string {
  const [first = "metric", ...others] = new Set(
    metrics.map((metric) => metricLabel(metric, tokenText)),
  );
  return others.length === 0 ? first : `${first}, of other pairs their own`;
}
