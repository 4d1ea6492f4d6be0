import { rowSize } from "../backend/checkOperator.ts";
import { layerOf } from "../model/layerOf.ts";
import type { MlaSpec } from "../model/spec.ts";
import { blockName } from "../plan/blockName.ts";
import type { DroppedMassRecord } from "../trace/schema.ts";
import { denseNorms } from "./denseNorms.ts";
import { onDevice, type RunState, stored } from "./runState.ts";

/**
 * Of each query and head, the share of the softmax over all keys that fell to those that were not chosen: 1 - exp(kept - all), from
 * the log-sum-exp that the run kept and that of attention without its selection.
 */
export function droppedMass(state: RunState, layer: number): Promise<DroppedMassRecord> {
  return onDevice(state, async () => {
    const { nTokens, device } = state;
    const { backend, spec } = device;
    const { nHeads, indexer } = layerOf(spec, layer).attention as MlaSpec;
    const topK = indexer?.topK ?? 0;
    const name = `${blockName(spec, layer)}.attn`;
    const chosen = stored(state, `${name}.hook_topk_indices`);
    const [all, ofKept, indices] = await Promise.all([
      backend.read(denseNorms(state, layer), 0, nTokens * nHeads),
      backend.read(stored(state, `${name}.lse`), 0, nTokens * nHeads),
      backend.read(chosen, 0, nTokens * rowSize(chosen)),
    ]);
    const kept = new Int32Array(nTokens);
    const mass = new Float32Array(nHeads * nTokens);
    for (let t = 0; t < nTokens; t++) {
      const row = indices.subarray(t * topK, (t + 1) * topK);
      for (const position of row) if (position >= 0) kept[t] = (kept[t] ?? 0) + 1;
      if (kept[t] === t + 1) continue; // nothing is left out: no rounding either
      for (let h = 0; h < nHeads; h++) {
        const [whole = 0, part = 0] = [all[t * nHeads + h], ofKept[t * nHeads + h]];
        if (whole === Number.NEGATIVE_INFINITY) continue; // edits hide every key
        mass[h * nTokens + t] = Math.max(0, -Math.expm1(part - whole));
      }
    }
    return { layer, nTokens, nHeads, topK, kept, mass };
  });
}
