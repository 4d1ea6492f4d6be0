import type { AttentionSpec, ModelSpec } from "../model/spec.ts";

/** Elements one token adds to the KV cache, over all layers. */
export function kvElementsPerToken({ layers }: ModelSpec): number {
  return layers.reduce((sum, { attention }) => sum + kvElements(attention), 0);
}

/** The same if every query head kept its own key and value: what plain multi-head attention would store. */
export function mhaElementsPerToken({ layers }: ModelSpec): number {
  return layers.reduce((sum, { attention }) => sum + mhaElements(attention), 0);
}

/** MLA keeps the latent and one rotary key, C + R; sparse attention also the indexer's key. */
export function kvElements(a: AttentionSpec): number {
  if (a.kind === "gqa") return 2 * a.nKvHeads * a.dHead;
  return a.kvLoraRank + a.dRope + (a.indexer?.dHead ?? 0);
}

function mhaElements(a: AttentionSpec): number {
  return a.nHeads * headElements(a);
}

/** One head's key and value. */
export function headElements(a: AttentionSpec): number {
  return a.kind === "mla" ? a.dNope + a.dRope + a.dValue : 2 * a.dHead;
}
