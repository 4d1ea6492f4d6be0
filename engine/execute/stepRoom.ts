import { compilePlan } from "../plan/compilePlan.ts";
import { concreteShape } from "../plan/concreteShape.ts";
import type { ModelDevice } from "./modelDevice.ts";

/**
 * The most tokens a step may have for its widest activation (logits, mostly) to fit into one tensor of the device; at
 * least 1. Longer chunks are cut to it, which results do not depend on beyond the choice between two forms of attention.
 */
export function stepRoom({ backend, spec }: ModelDevice, capacity: number): number {
  const rowBytes = [...compilePlan(spec).values.values()]
    .filter(({ shape }) => shape[0] === "T")
    .map((value) => concreteShape(value, { rows: 1, capacity }).reduce((a, b) => a * b, 4));
  return Math.max(1, Math.floor(backend.info.maxTensorBytes / Math.max(...rowBytes)));
}
