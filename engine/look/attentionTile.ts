import { checkFlag, checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { layerOf } from "../model/layerOf.ts";
import type { AttentionTile } from "../trace/schema.ts";
import { attentionMap } from "./attentionMap.ts";
import { checkSparse } from "./checkSparse.ts";
import type { RunState } from "./runState.ts";
import { checkPool } from "./selection.ts";

/** A rectangle of one head's pattern, or of the mean of several heads'. */
export interface AttentionTileRequest {
  readonly layer: number;
  readonly head: number;
  /** Heads from `head` on whose cells' mean is given; default 1. Of pooled ones it is the mean of what each head's block comes to. */
  readonly headCount?: number;
  /** First query; default 0. */
  readonly queryStart?: number;
  /** Queries of the map, before pooling; default: to the end. */
  readonly queryCount?: number;
  /** First key; default 0. */
  readonly keyStart?: number;
  /** Keys of the map, before pooling; default: to the end. */
  readonly keyCount?: number;
  /** Side of the blocks that one cell stands for; default 1, the exact weights. */
  readonly pool?: number;
  /** Default "max". */
  readonly poolKind?: "mean" | "max";
  /**
   * Of a block's queries every so many-th is looked at, counted back from its last; default 1, all of them. More makes a sample: it
   * costs so much less, and a maximum may be missed.
   */
  readonly queryStep?: number;
  /** The pattern as if the layer's sparse attention had left no key out, recomputed; default false. */
  readonly everyKey?: boolean;
}

const ATTENTION_TILE_REQUEST: OptionNames<AttentionTileRequest> = {
  layer: true,
  head: true,
  headCount: true,
  queryStart: true,
  queryCount: true,
  keyStart: true,
  keyCount: true,
  pool: true,
  poolKind: true,
  queryStep: true,
  everyKey: true,
};

/** @throws InputError ERR_SELECTION, ERR_OPTION */
export function checkTileRequest(
  state: RunState,
  request: AttentionTileRequest,
): Required<AttentionTileRequest> {
  checkOptions("attentionTile", request, ATTENTION_TILE_REQUEST);
  const { nTokens } = state;
  const { spec } = state.device;
  const { layer, head, queryStart = 0, keyStart = 0 } = request;
  const { headCount = 1, pool = 1, poolKind = "max", queryStep = 1, everyKey = false } = request;
  const queryCount = request.queryCount ?? nTokens - queryStart;
  const keyCount = request.keyCount ?? nTokens - keyStart;
  within("attentionTile", "layer", layer, 1, spec.nLayers);
  within("attentionTile", "head", head, headCount, layerOf(spec, layer).attention.nHeads);
  within("attentionTile", "queries", queryStart, queryCount, nTokens);
  within("attentionTile", "keys", keyStart, keyCount, nTokens);
  checkQueryStep("attentionTile", queryStep);
  checkFlag("attentionTile everyKey", everyKey);
  if (everyKey) checkSparse("attentionTile everyKey", state, layer);
  checkPool("attentionTile", { size: pool, kind: poolKind });
  return {
    ...{ layer, head, headCount, queryStart, queryCount, keyStart, keyCount },
    ...{ pool, poolKind, queryStep: pool === 1 ? 1 : queryStep, everyKey },
  };
}

export async function attentionTile(
  state: RunState,
  request: Required<AttentionTileRequest>,
): Promise<AttentionTile> {
  const { layer, head, headCount, queryStart, queryCount, keyStart, keyCount } = request;
  const { pool, poolKind, queryStep } = request;
  const range = (start: number, count: number) => ({ start, count, single: false });
  const cells = await attentionMap(state, {
    layer,
    mode: "pattern",
    everyKey: request.everyKey,
    heads: range(head, headCount),
    queries: range(queryStart, queryCount),
    keys: range(keyStart, keyCount),
    pool: pool === 1 ? null : { size: pool, kind: poolKind, step: queryStep },
  });
  const [rows, columns] = [Math.ceil(queryCount / pool), Math.ceil(keyCount / pool)];
  return {
    ...{ layer, head, headCount, queryStart, keyStart, rows, columns, pool, poolKind, queryStep },
    weights: meanOfHeads(cells, headCount),
  };
}

/** @param cells (heads, ...) @returns (...), summed in float64 */
function meanOfHeads(cells: ArrayLike<number>, nHeads: number): Float32Array {
  if (nHeads === 1) return cells instanceof Float32Array ? cells : Float32Array.from(cells);
  const size = cells.length / nHeads;
  const sums = new Float64Array(size);
  for (let i = 0; i < cells.length; i++) sums[i % size] = (sums[i % size] ?? 0) + (cells[i] ?? 0);
  return Float32Array.from(sums, (sum) => sum / nHeads);
}

/** @throws InputError ERR_SELECTION */
export function within(
  caller: string,
  what: string,
  start: number,
  count: number,
  size: number,
): void {
  if (Number.isInteger(start) && Number.isInteger(count) && start >= 0 && count >= 1)
    if (start + count <= size) return;
  throw new InputError(
    "ERR_SELECTION",
    `${caller}: expected ${what} from 0 to ${size - 1}, got ${start}${count === 1 ? "" : ` and ${count} of them`}. Choose what exists in this run.`,
  );
}

/** @throws InputError ERR_SELECTION */
export function checkQueryStep(caller: string, queryStep: number): void {
  if (Number.isInteger(queryStep) && queryStep >= 1) return;
  throw new InputError(
    "ERR_SELECTION",
    `${caller}: expected a queryStep of a whole number from 1, got ${queryStep}. Write 1 for all queries.`,
  );
}
