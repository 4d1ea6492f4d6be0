import { layerOf } from "../model/layerOf.ts";
import type { ModelSpec } from "../model/spec.ts";
import { blockName } from "./blockName.ts";

/**
 * The value that a layer's queries are kept as: as attention reads them, rotated where the model rotates, or, where they are
 * projected from a narrower compressed query, that one, unless the queries made of it were edited.
 * @param edited names of values that edits change
 */
export function attentionQuery(
  spec: ModelSpec,
  layer: number,
  edited: ReadonlySet<string> = new Set(),
): string {
  const name = `${blockName(spec, layer)}.attn`;
  const isEdited = edited.has(`${name}.hook_q`) || edited.has(`${name}.hook_rot_q`);
  const { attention, rope } = layerOf(spec, layer);
  if (attention.kind === "mla" && attention.qLoraRank !== null && !isEdited)
    return `${name}.hook_q_latent`;
  return `${name}.${rope !== null ? "hook_rot_q" : "hook_q"}`;
}
