import { checkFlag, checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { layerOf } from "../model/layerOf.ts";
import { checkSparse } from "./checkSparse.ts";
import type { MapRequest } from "./mapRequest.ts";
import type { RunState } from "./runState.ts";
import { checkPool } from "./selection.ts";

/** A rectangle of one head's pattern. */
export interface AttentionTileRequest {
  readonly layer: number;
  readonly head: number;
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
  /** The pattern as if the layer's sparse attention had left no key out, recomputed; default false. */
  readonly everyKey?: boolean;
}

const ATTENTION_TILE_REQUEST: OptionNames<AttentionTileRequest> = {
  layer: true,
  head: true,
  queryStart: true,
  queryCount: true,
  keyStart: true,
  keyCount: true,
  pool: true,
  poolKind: true,
  everyKey: true,
};

/** The part of the maps that a request asks for. @throws InputError ERR_SELECTION, ERR_OPTION */
export function tileMap(state: RunState, request: AttentionTileRequest): MapRequest {
  checkOptions("attentionTile", request, ATTENTION_TILE_REQUEST);
  const { nTokens } = state;
  const { spec } = state.device;
  const { layer, head, queryStart = 0, keyStart = 0, pool = 1, poolKind = "max" } = request;
  const { everyKey = false } = request;
  const queryCount = request.queryCount ?? nTokens - queryStart;
  const keyCount = request.keyCount ?? nTokens - keyStart;
  within("layer", layer, 1, spec.nLayers);
  within("head", head, 1, layerOf(spec, layer).attention.nHeads);
  within("queries", queryStart, queryCount, nTokens);
  within("keys", keyStart, keyCount, nTokens);
  checkFlag("attentionTile everyKey", everyKey);
  if (everyKey) checkSparse("attentionTile everyKey", state, layer);
  const range = (start: number, count: number) => ({ start, count, single: false });
  return {
    ...{ layer, mode: "pattern", everyKey },
    heads: range(head, 1),
    queries: range(queryStart, queryCount),
    keys: range(keyStart, keyCount),
    pool: checkPool("attentionTile", { size: pool, kind: poolKind }),
  };
}

function within(what: string, start: number, count: number, size: number): void {
  if (Number.isInteger(start) && Number.isInteger(count) && start >= 0 && count >= 1)
    if (start + count <= size) return;
  throw new InputError(
    "ERR_SELECTION",
    `attentionTile: expected ${what} from 0 to ${size}, got ${start}${count === 1 ? "" : ` and ${count} of them`}. Choose what exists in this run.`,
  );
}
