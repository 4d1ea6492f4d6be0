import type { ModelSpec } from "../model/spec.ts";

/**
 * Elements one token adds to the KV cache, over all layers. MLA keeps the latent and one rotary key, C + R a layer; sparse
 * attention also the indexer's key.
 */
export function kvElementsPerToken(spec: ModelSpec): number {
  const a = spec.attention;
  const perLayer =
    a.kind === "mla" ? a.kvLoraRank + a.dRope + (a.indexer?.dHead ?? 0) : 2 * a.nKvHeads * a.dHead;
  return spec.nLayers * perLayer;
}

/** The same if every query head kept its own key and value: what plain multi-head attention would store. */
export function mhaElementsPerToken(spec: ModelSpec): number {
  const a = spec.attention;
  const perHead = a.kind === "mla" ? a.dNope + a.dRope + a.dValue : 2 * a.dHead;
  return spec.nLayers * a.nHeads * perHead;
}
