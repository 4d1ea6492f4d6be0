import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import { maskShape, writeMaskBits } from "../execute/writeMask.ts";
import { layerOf } from "../model/layerOf.ts";
import type { MlaSpec } from "../model/spec.ts";
import { attentionQuery } from "../plan/attentionQuery.ts";
import { blockName } from "../plan/blockName.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { editedMap } from "./editedMap.ts";
import { weight } from "./expandLatent.ts";
import type { MapRequest } from "./mapRequest.ts";
import { rotatedQuery } from "./rotatedQuery.ts";
import { onDevice, type RunState, stored } from "./runState.ts";

const ABSORBED = "scratch.q_absorbed.";

/**
 * Recomputes a part of one layer's attention maps from the queries, the cache and the log-sum-exp the run kept; reads it where
 * edits have changed it.
 * @returns (heads, ceil(queries/pool), ceil(keys/pool)) f32 (reference: f64)
 */
export function attentionMap(state: RunState, request: MapRequest): Promise<HostArray> {
  return onDevice(state, async () => {
    const { backend, spec } = state.device;
    const { layer, heads, queries, keys, pool } = request;
    const { attention } = layerOf(spec, layer);
    const name = `${blockName(spec, layer)}.attn`;
    const site = request.mode === "pattern" ? "hook_pattern" : "hook_attn_scores";
    const edited = state.storage.get(`${name}.${site}`);
    if (edited !== undefined) return editedMap(state, edited, request);
    const isMla = attention.kind === "mla";
    const isSparse = isMla && attention.indexer !== null;
    const q = isMla
      ? absorbedQuery(state, attention, layer)
      : stored(state, attentionQuery(spec, layer));
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
            scale: attention.scale,
            window: isMla ? null : attention.window,
            nHeads: attention.nHeads,
            nKvHeads: isMla ? 1 : attention.nKvHeads,
            dKey: isMla ? attention.kvLoraRank + attention.dRope : attention.dHead,
            headStart: heads.start,
            headCount: heads.count,
            queryStart: queries.start,
            queryCount: queries.count,
            keyStart: keys.start,
            keyCount: keys.count,
            q,
            k: stored(state, isMla ? `${name}.cache` : `${name}.cache_k`),
            lse: stored(state, `${name}.lse`),
            selection: isSparse ? stored(state, `${name}.hook_topk_indices`) : null,
            ...headEdits(state, layer, q.shape[0] ?? 0, edits),
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

/** What edits say of a layer's attention, as it was when the run was executed. @param nQueries rows of q */
function headEdits(state: RunState, layer: number, nQueries: number, group: TensorGroup) {
  const { backend } = state.device;
  const changes = state.edits?.changes;
  const change = changes?.attentions.find((attention) => attention.layer === layer);
  const temperatures = changes?.constants.get(change?.temperatures ?? "");
  const mask = changes?.masks.get(change?.mask ?? "");
  const placed = {
    temperatures: temperatures && group.alloc("temperatures", temperatures.shape, "f32"),
    mask: mask && group.alloc("mask", maskShape(mask, nQueries), "i32"),
  };
  if (placed.temperatures && temperatures) backend.write(placed.temperatures, 0, temperatures.data);
  if (placed.mask && mask) {
    const { width, data } = mask.rows;
    backend.write(placed.mask, 0, data.subarray(0, state.nTokens * width));
    writeMaskBits(backend, placed.mask, nQueries, mask);
  }
  return { temperatures: placed.temperatures ?? null, mask: placed.mask ?? null };
}

/** The queries of an MLA layer in latent space; those of the layer looked at last stay for the next tile. */
function absorbedQuery(state: RunState, attention: MlaSpec, layer: number): DeviceTensor {
  const { storage, nTokens, device } = state;
  const existing = storage.get(ABSORBED + layer);
  if (existing !== undefined) return existing;
  for (const name of storage.names()) if (name.startsWith(ABSORBED)) storage.free(name);
  const scratch = new TensorGroup(device);
  try {
    const q = rotatedQuery(state, attention, layer, scratch);
    const keyWeight = weight(state, `${blockName(device.spec, layer)}.attn.kv_b_key`);
    const shape = [nTokens, attention.nHeads, attention.kvLoraRank + attention.dRope];
    const out = storage.alloc(ABSORBED + layer, shape, "f32");
    device.backend.execute([{ kind: "mlaAbsorbQuery", q, keyWeight, out }], { nTokens, start: 0 });
    return out;
  } finally {
    scratch.freeAll();
  }
}
