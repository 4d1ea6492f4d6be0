import type { Site } from "../plan/sites/site.ts";

/** Whether a site's numbers are computed from stored values with weights of the model. */
export function isComputed({ source }: Site): boolean {
  return !["logits", "stored", "pattern", "scores", "normScale"].includes(source.kind);
}
