import { ATTENTION_METRICS } from "../backend/operators.ts";
import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import { layerOf } from "../model/layerOf.ts";
import { blockName } from "../plan/blockName.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { HEAD_METRICS, type HeadMetricsRecord } from "../trace/schema.ts";
import { mapInputs } from "./attentionMap.ts";
import { checkQueryStep, within } from "./attentionTile.ts";
import { editedMap } from "./editedMap.ts";
import { headEdits } from "./headEdits.ts";
import { rowMetrics } from "./rowMetrics.ts";
import { onDevice, type RunState } from "./runState.ts";

/** Whose heads are measured, and over which queries. */
export interface HeadMetricsRequest {
  /** Of this layer alone; default all of them. */
  readonly layer?: number;
  /** Every so many-th query is looked at, counted back from the last one; default 1, all of them. */
  readonly queryStep?: number;
}

/** A layer's metrics where a request names it, else those of all layers in their order. */
export type HeadMetricsOf<R extends HeadMetricsRequest> = R extends { readonly layer: number }
  ? HeadMetricsRecord
  : HeadMetricsRecord[];

const HEAD_METRICS_REQUEST: OptionNames<HeadMetricsRequest> = { layer: true, queryStep: true };

/** Numbers that are on the device at once. */
const CHUNK_NUMBERS = 2 ** 20;

/** @throws InputError ERR_SELECTION, ERR_OPTION */
export function checkMetricsRequest(
  { device: { spec } }: RunState,
  request: HeadMetricsRequest,
): { readonly layers: readonly number[]; readonly queryStep: number } {
  checkOptions("headMetrics", request, HEAD_METRICS_REQUEST);
  const { layer, queryStep = 1 } = request;
  if (layer !== undefined) within("headMetrics", "layer", layer, 1, spec.nLayers);
  checkQueryStep("headMetrics", queryStep);
  const layers = layer === undefined ? Array.from({ length: spec.nLayers }, (_, i) => i) : [layer];
  return { layers, queryStep };
}

/** Means in float64 of what the device says of each query. */
export async function headMetrics(
  state: RunState,
  layer: number,
  queryStep: number,
): Promise<HeadMetricsRecord> {
  const { nHeads } = layerOf(state.device.spec, layer).attention;
  const { nTokens } = state;
  const earlier = earlierCopies(state.ids, nTokens);
  const sums = new Float64Array(nHeads * ATTENTION_METRICS);
  const counts = new Float64Array(ATTENTION_METRICS);
  const perChunk = Math.max(1, Math.floor(CHUNK_NUMBERS / (nHeads * ATTENTION_METRICS)));
  const first = (nTokens - 1) % queryStep;
  for (let start = first; start < nTokens; start += perChunk * queryStep) {
    const nRows = Math.min(perChunk, Math.ceil((nTokens - start) / queryStep));
    const queries = Array.from({ length: nRows }, (_, r) => start + r * queryStep);
    const rows = await metricsOfRows(state, layer, queries, queryStep, earlier);
    queries.forEach((query, r) => {
      const repeats = (earlier[query] ?? -1) >= 0;
      const counted = [query > 0, repeats, true, query > 0, true, repeats, true];
      counted.forEach((isCounted, m) => {
        if (!isCounted) return;
        counts[m] = (counts[m] ?? 0) + 1;
        for (let h = 0; h < nHeads; h++) {
          const at = h * ATTENTION_METRICS + m;
          sums[at] = (sums[at] ?? 0) + (rows[r * nHeads * ATTENTION_METRICS + at] ?? 0);
        }
      });
    });
  }
  return {
    ...{ layer, queryStep, nQueries: Math.ceil((nTokens - first) / queryStep), nTokens },
    metrics: HEAD_METRICS,
    means: Float32Array.from(sums, (sum, i) => sum / (counts[i % ATTENTION_METRICS] ?? 0)),
  };
}

/** @returns (queries, H, ATTENTION_METRICS) as the operator `attentionMetrics` says */
function metricsOfRows(
  state: RunState,
  layer: number,
  queries: readonly number[],
  queryStep: number,
  earlier: Int32Array,
): Promise<HostArray> {
  return onDevice(state, async () => {
    const { backend, spec } = state.device;
    const { attention } = layerOf(spec, layer);
    const edited = state.storage.get(`${blockName(spec, layer)}.attn.hook_pattern`);
    if (edited !== undefined) {
      const rows: HostArray[] = [];
      for (const query of queries)
        rows.push(
          await editedMap(state, edited, {
            ...{ layer, mode: "pattern", pool: null },
            heads: { start: 0, count: attention.nHeads, single: false },
            queries: { start: query, count: 1, single: false },
            keys: { start: 0, count: query + 1, single: false },
          }),
        );
      return rowMetrics(rows, attention.nHeads, queries, earlier);
    }
    const group = new TensorGroup(state.device);
    try {
      const inputs = mapInputs(state, layer);
      const shape = [queries.length, attention.nHeads, ATTENTION_METRICS];
      const out = group.alloc("metrics", shape, "f32");
      const chain = group.alloc("earlier", [earlier.length], "i32");
      backend.write(chain, 0, earlier);
      const [queryStart = 0] = queries;
      backend.execute(
        [
          {
            kind: "attentionMetrics",
            ...inputs,
            queryStart,
            queryCount: (queries.length - 1) * queryStep + 1,
            queryStep,
            ...headEdits(state, layer, inputs.q.shape[0] ?? 0, group),
            moments: state.storage.get(`${blockName(spec, layer)}.attn.moments`) ?? null,
            earlier: chain,
            out,
          },
        ],
        { nTokens: state.nTokens, start: 0 },
      );
      return await backend.read(out);
    } finally {
      group.freeAll();
    }
  });
}

/** Where each token stood last before, -1 for nowhere. */
function earlierCopies(ids: readonly number[], nTokens: number): Int32Array {
  const last = new Map<number, number>();
  return Int32Array.from({ length: nTokens }, (_, position) => {
    const id = ids[position] ?? -1;
    const before = last.get(id) ?? -1;
    last.set(id, position);
    return before;
  });
}
