import { ATTENTION_METRICS } from "../backend/operators.ts";
import type { HostArray } from "../tensor/tensor.ts";

/**
 * What the operator `attentionMetrics` says, from rows of patterns on the host.
 * @param rows of each query (H, query + 1) weights
 * @param earlier (T) the last earlier position of each token, -1 for none
 * @returns (queries, H, ATTENTION_METRICS)
 */
export function rowMetrics(
  rows: readonly HostArray[],
  nHeads: number,
  queries: readonly number[],
  earlier: Int32Array,
): Float64Array {
  const out = new Float64Array(queries.length * nHeads * ATTENTION_METRICS);
  queries.forEach((query, r) => {
    for (let h = 0; h < nHeads; h++) {
      const weights = rows[r]?.subarray(h * (query + 1), (h + 1) * (query + 1)) ?? [];
      out.set(metricsOf(weights, query, earlier), (r * nHeads + h) * ATTENTION_METRICS);
    }
  });
  return out;
}

function metricsOf(weights: ArrayLike<number>, query: number, earlier: Int32Array): number[] {
  let [induction, duplicate] = [-1, -1];
  for (let j = earlier[query] ?? -1; j >= 0; j = earlier[j] ?? -1) {
    induction = Math.max(induction, 0) + (weights[j + 1] ?? 0);
    duplicate = Math.max(duplicate, 0) + (weights[j] ?? 0);
  }
  let [bits, distance] = [0, 0];
  for (let key = 0; key <= query; key++) {
    const weight = weights[key] ?? 0;
    if (weight > 0) bits -= weight * Math.log2(weight);
    distance += weight * (query - key);
  }
  const previous = query === 0 ? -1 : (weights[query - 1] ?? 0);
  const [self = 0, first = 0] = [weights[query], weights[0]];
  return [previous, induction, self, first, bits, duplicate, distance];
}
