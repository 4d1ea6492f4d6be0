import type { AttentionSpec } from "../model/spec.ts";

/** What the products of queries and keys are multiplied by in a layer, counted from 0. */
export function scoreScale(attention: AttentionSpec, layer: number): number {
  const divides = attention.kind === "gqa" && attention.scaleByInverseLayer;
  return divides ? attention.scale / (layer + 1) : attention.scale;
}
