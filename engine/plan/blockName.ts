import type { ModelSpec } from "../model/spec.ts";

/** What names of a block's values, weights and sites start with; the layer after the last is the draft module's. */
export function blockName({ nLayers }: ModelSpec, layer: number): string {
  return layer < nLayers ? `blocks.${layer}` : `mtp.${layer - nLayers}`;
}
