import type { LayerSpec, ModelSpec, RopeSpec } from "./spec.ts";

/** A block of the model, or, behind its last, the draft module's. @param layer counted from 0 */
export function layerOf(
  { layers, nLayers, mtp, architecture }: ModelSpec,
  layer: number,
): LayerSpec {
  const found = layer === nLayers ? mtp?.layer : layers[layer];
  if (found === undefined) throw new Error(`${architecture} has no layer ${layer}`);
  return found;
}

/** How a layer's queries and keys are turned; null: they are not. */
export function ropeOf(spec: ModelSpec, layer: number): RopeSpec | null {
  const { rope } = layerOf(spec, layer);
  return rope === null ? null : (spec.ropes[rope] ?? null);
}
