import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import { layerOf } from "../model/layerOf.ts";
import type { MlaSpec } from "../model/spec.ts";
import { blockName } from "../plan/blockName.ts";
import { absorbedQuery } from "./absorbedQuery.ts";
import { headEdits } from "./headEdits.ts";
import { type RunState, stored } from "./runState.ts";

const DENSE = "scratch.dense_lse.";
/** Columns of values that are mixed on the way: nobody reads them. */
const MIXED = 4;

/**
 * Log-sum-exp of a sparse layer's scaled scores over all keys that a query may see, (T, H): attention once more, from the same
 * queries and keys, without the selection. That of the layer looked at last stays.
 */
export function denseNorms(state: RunState, layer: number): DeviceTensor {
  const { storage, nTokens, device } = state;
  const existing = storage.get(DENSE + layer);
  if (existing !== undefined) return existing;
  for (const name of storage.names()) if (name.startsWith(DENSE)) storage.free(name);
  const attention = layerOf(device.spec, layer).attention as MlaSpec;
  const { nHeads, scale, kvLoraRank, dRope } = attention;
  const q = absorbedQuery(state, attention, layer);
  const scratch = new TensorGroup(device);
  try {
    const dKey = kvLoraRank + dRope;
    const dValue = Math.min(MIXED, dKey);
    const lse = storage.alloc(DENSE + layer, [nTokens, nHeads], "f32");
    device.backend.execute(
      [
        {
          kind: "attention",
          ...{ scale, window: null, nHeads, nKvHeads: 1, dKey, dValue, q },
          k: stored(state, `${blockName(device.spec, layer)}.attn.cache`),
          ...{ v: null, sinks: null, selection: null },
          ...headEdits(state, layer, q.shape[0] ?? 0, scratch),
          out: scratch.alloc("mixed", [nTokens, nHeads, dValue], "f32"),
          lse,
          moments: null,
        },
      ],
      { nTokens, start: 0 },
    );
    return lse;
  } finally {
    scratch.freeAll();
  }
}
