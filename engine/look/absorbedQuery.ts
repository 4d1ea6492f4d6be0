import type { DeviceTensor } from "../backend/deviceTensor.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import type { MlaSpec } from "../model/spec.ts";
import { blockName } from "../plan/blockName.ts";
import { weight } from "./expandLatent.ts";
import { rotatedQuery } from "./rotatedQuery.ts";
import type { RunState } from "./runState.ts";

const ABSORBED = "scratch.q_absorbed.";

/** What a layer's queries in latent space are stored as. */
export function absorbedName(layer: number): string {
  return ABSORBED + layer;
}

/** The queries of an MLA layer in latent space; those of the layer looked at last stay for the next tile. */
export function absorbedQuery(state: RunState, attention: MlaSpec, layer: number): DeviceTensor {
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
