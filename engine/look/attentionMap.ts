import { TensorGroup } from "../execute/tensorGroup.ts";
import { layerOf } from "../model/layerOf.ts";
import { attentionQuery } from "../plan/attentionQuery.ts";
import { blockName } from "../plan/blockName.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { absorbedQuery } from "./absorbedQuery.ts";
import { denseNorms } from "./denseNorms.ts";
import { editedMap } from "./editedMap.ts";
import { headEdits } from "./headEdits.ts";
import type { MapRequest } from "./mapRequest.ts";
import { onDevice, type RunState, stored } from "./runState.ts";

/**
 * Recomputes a part of one layer's attention maps from the queries, the cache and the log-sum-exp the run kept; reads it where
 * edits have changed it.
 * @returns (heads, ceil(queries/pool), ceil(keys/pool)) f32 (reference: f64)
 */
export function attentionMap(state: RunState, request: MapRequest): Promise<HostArray> {
  return onDevice(state, async () => {
    const { backend, spec } = state.device;
    const { layer, heads, queries, keys, pool, everyKey = false } = request;
    const name = `${blockName(spec, layer)}.attn`;
    const site = request.mode === "pattern" ? "hook_pattern" : "hook_attn_scores";
    const edited = state.storage.get(`${name}.${site}`);
    if (edited !== undefined && !everyKey) return editedMap(state, edited, request);
    const inputs = mapInputs(state, layer);
    const size = pool?.size ?? 1;
    const shape = [heads.count, Math.ceil(queries.count / size), Math.ceil(keys.count / size)];
    const out = backend.alloc(shape, "f32", `${name}.tile`);
    const edits = new TensorGroup(state.device);
    try {
      backend.execute(
        [
          {
            kind: "attentionTile",
            mode: request.mode,
            pool,
            ...inputs,
            headStart: heads.start,
            headCount: heads.count,
            queryStart: queries.start,
            queryCount: queries.count,
            keyStart: keys.start,
            keyCount: keys.count,
            ...(everyKey && { lse: denseNorms(state, layer), selection: null }),
            ...headEdits(state, layer, inputs.q.shape[0] ?? 0, edits),
            out,
          },
        ],
        { nTokens: state.nTokens, start: 0 },
      );
      return await backend.read(out);
    } finally {
      edits.freeAll();
      backend.free(out);
    }
  });
}

/** What a layer's scores are computed from. */
export function mapInputs(state: RunState, layer: number) {
  const { spec } = state.device;
  const { attention } = layerOf(spec, layer);
  const name = `${blockName(spec, layer)}.attn`;
  const isMla = attention.kind === "mla";
  const isSparse = isMla && attention.indexer !== null;
  return {
    scale: attention.scale,
    window: isMla ? null : attention.window,
    nHeads: attention.nHeads,
    nKvHeads: isMla ? 1 : attention.nKvHeads,
    dKey: isMla ? attention.kvLoraRank + attention.dRope : attention.dHead,
    q: isMla ? absorbedQuery(state, attention, layer) : stored(state, attentionQuery(spec, layer)),
    k: stored(state, isMla ? `${name}.cache` : `${name}.cache_k`),
    lse: stored(state, `${name}.lse`),
    selection: isSparse ? stored(state, `${name}.hook_topk_indices`) : null,
  };
}
