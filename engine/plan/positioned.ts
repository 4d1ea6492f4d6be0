import type { ModelSpec } from "../model/spec.ts";

/** The value with the embeddings and their positions, where these are learned: a site where one stream enters the first block. */
export function positioned({ layers }: ModelSpec): string {
  return layers[0]?.residual.kind === "plain" ? "blocks.0.hook_resid_pre" : "positioned_embed";
}
