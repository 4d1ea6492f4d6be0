import type { TensorGroup } from "../execute/tensorGroup.ts";
import { maskShape, writeMaskBits } from "../execute/writeMask.ts";
import type { RunState } from "./runState.ts";

/** What edits say of a layer's attention, as it was when the run was executed. @param nQueries rows of q */
export function headEdits(state: RunState, layer: number, nQueries: number, group: TensorGroup) {
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
