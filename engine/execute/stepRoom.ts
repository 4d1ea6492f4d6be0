import type { ModelDevice } from "./modelDevice.ts";
import { widestRow } from "./widestRow.ts";

/**
 * The most tokens a step may have for its widest activation (logits, mostly) to fit into one tensor of the device; at
 * least 1. Longer chunks are cut to it, which results do not depend on beyond the choice between two forms of attention.
 */
export function stepRoom({ backend, plans }: ModelDevice, capacity: number): number {
  const rowBytes = 4 * widestRow(plans.forward(), capacity);
  return Math.max(1, Math.floor(backend.info.maxTensorBytes / rowBytes));
}
