import type { ModelSpec } from "../model/spec.ts";
import { blockName } from "./blockName.ts";

/** The value that holds a layer's queries as attention reads them: rotated where the model rotates. */
export function attentionQuery(spec: ModelSpec, layer: number): string {
  return `${blockName(spec, layer)}.attn.${spec.rope.dim > 0 ? "hook_rot_q" : "hook_q"}`;
}
