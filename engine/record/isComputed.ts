import type { Site } from "../plan/sites/site.ts";

/** Whether a site's numbers are computed from stored values by the model. */
export function isComputed({ source }: Site): boolean {
  return !["logits", "stored", "pattern", "scores"].includes(source.kind);
}
