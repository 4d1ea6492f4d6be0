import type { AttentionSpec, FeedForwardSpec, LayerSpec, ModelSpec } from "../model/spec.ts";

/** A block in words: "multi-head latent attention; 8 of 256 experts and a shared one". */
export function blockTitle(spec: ModelSpec, own: LayerSpec): string {
  const { attention, rope, feedForward, residual } = own;
  const unturned = rope === null && spec.ropes.length > 0 ? ", without positions" : "";
  const streams =
    residual.kind === "hyperConnections" ? `; ${residual.nStreams} residual streams` : "";
  return `${attentionTitle(attention)}${unturned}; ${feedForwardTitle(feedForward)}${streams}`;
}

function attentionTitle(attention: AttentionSpec): string {
  if (attention.kind === "mla")
    return attention.indexer === null
      ? "multi-head latent attention"
      : "sparse multi-head latent attention";
  const { nHeads, nKvHeads, window } = attention;
  const kind =
    nKvHeads === nHeads ? "multi-head" : nKvHeads === 1 ? "multi-query" : "grouped-query";
  return `${kind} attention${window === null ? "" : ` within ${window} tokens`}`;
}

function feedForwardTitle(feedForward: FeedForwardSpec): string {
  if (feedForward.kind === "dense") return "dense feed-forward";
  const { nExperts, nExpertsPerToken, dShared } = feedForward;
  return `${nExpertsPerToken} of ${nExperts} experts${dShared > 0 ? " and a shared one" : ""}`;
}
