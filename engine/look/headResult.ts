import { rowSize } from "../backend/checkOperator.ts";
import { TensorGroup } from "../execute/tensorGroup.ts";
import { blockName } from "../plan/blockName.ts";
import type { Range } from "../tensor/indexRange.ts";
import type { HostArray } from "../tensor/tensor.ts";
import { weight } from "./expandLatent.ts";
import { onDevice, type RunState, stored } from "./runState.ts";

/** Each head's share of the attention output for some tokens, (tokens, H, M). */
export function headResult(state: RunState, layer: number, tokens: Range): Promise<HostArray> {
  return onDevice(state, async () => {
    const { backend, spec } = state.device;
    const name = `${blockName(spec, layer)}.attn`;
    const z = stored(state, `${name}.hook_z`);
    const [, nHeads = 0, dValue = 0] = z.shape;
    const scratch = new TensorGroup(state.device);
    try {
      const rows = scratch.alloc("z", [tokens.count, nHeads, dValue], "f32");
      const out = scratch.alloc("result", [tokens.count, nHeads, spec.dModel], "f32");
      const size = rowSize(z);
      backend.copy(z, tokens.start * size, rows, 0, tokens.count * size);
      const outputWeight = weight(state, `${name}.o`);
      backend.execute([{ kind: "projectHeads", z: rows, outputWeight, out }], {
        nTokens: tokens.count,
        start: 0,
      });
      return await backend.read(out);
    } finally {
      scratch.freeAll();
    }
  });
}
