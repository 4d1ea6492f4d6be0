import { layerOf, ropeOf } from "../../model/layerOf.ts";
import type {
  DenseSpec,
  GqaSpec,
  HyperConnectionsSpec,
  LayerSpec,
  MlaSpec,
  ModelSpec,
  MoeSpec,
} from "../../model/spec.ts";
import { attentionQuery } from "../attentionQuery.ts";
import { blockName } from "../blockName.ts";
import { positioned } from "../positioned.ts";
import type { Site, SiteAxis, SiteSource } from "./site.ts";

type Described = Pick<Site, "dims" | "shape" | "meaning"> & {
  readonly source?: SiteSource;
  readonly availability?: Site["availability"];
  readonly dtype?: Site["dtype"];
  readonly needs?: readonly string[];
};

/**
 * Every place where a model of this spec can be observed, in the order of the forward pass.
 * @param edited names of values that edits change: what is recomputed of them otherwise is kept then
 */
export function siteCatalog(spec: ModelSpec, edited: ReadonlySet<string> = new Set()): Site[] {
  const sites: Site[] = [];
  const add = (name: string, described: Described) => {
    const source = described.source ?? { kind: "stored", value: name };
    sites.push({
      name,
      dtype: "f32",
      availability: "captured",
      source,
      needs: described.needs ?? (source.kind === "stored" ? [source.value] : []),
      ...described,
    });
  };
  const stream = { dims: ["T", "M"], shape: ["T", spec.dModel] as const };
  const positions = spec.learnedPositions ? " and before positions are added" : "";
  add("hook_embed", { ...stream, meaning: `Token embeddings, before any block${positions}.` });
  for (let layer = 0; layer < spec.nLayers; layer++) blockSites(spec, layer, add);
  headReadSites(spec, add);
  normScaleSite(
    spec,
    "ln_final",
    hasStreams(spec.layers.at(-1))
      ? "hc_head.hook_collapsed"
      : `blocks.${spec.nLayers - 1}.hook_resid_post`,
    add,
  );
  add("ln_final.hook_normalized", {
    ...stream,
    meaning: `${hasStreams(spec.layers.at(-1)) ? "What the head reads of all streams" : "Residual stream"} after the final ${normName(spec)}; the unembedding reads it.`,
  });
  add("hook_logits", {
    dims: ["T", "V"],
    shape: ["T", spec.nVocab],
    source: { kind: "logits" },
    meaning: "Unnormalised log probabilities of the next token.",
  });
  if (spec.mtp !== null)
    draftSites(spec, (name, described) => add(name, { ...described, availability: "captured" }));
  return edited.size === 0 ? sites : sites.map((site) => withEditedQuery(site, spec, edited));
}

/** Queries that were edited are not those that their latent gives: they are kept themselves. */
function withEditedQuery(site: Site, spec: ModelSpec, edited: ReadonlySet<string>): Site {
  const { source } = site;
  if (source.kind !== "rotatedQuery" && source.kind !== "pattern" && source.kind !== "scores")
    return site;
  const [usual, kept] = [new Set<string>(), edited].map((set) =>
    attentionQuery(spec, source.layer, set),
  );
  if (usual === kept || kept === undefined) return site;
  const needs = site.needs.map((name) => (name === usual ? kept : name));
  if (source.kind !== "rotatedQuery") return { ...site, needs };
  return { ...site, needs, source: { kind: "stored", value: kept }, availability: "kept" };
}

/** The module behind the last block; row t pairs position t with the token after it, the last row with the likeliest. */
function draftSites(spec: ModelSpec, add: Add): void {
  const name = blockName(spec, spec.nLayers);
  const stream = { dims: ["T", "M"], shape: ["T", spec.dModel] as const };
  add(`${name}.hook_embed`, {
    ...stream,
    meaning:
      "Draft module: embedding of the token after position t; at the end of the run, of the likeliest.",
  });
  add(`${name}.enorm.hook_normalized`, {
    ...stream,
    meaning: "Draft module: that embedding after its norm.",
  });
  add(`${name}.hnorm.hook_normalized`, {
    ...stream,
    meaning: "Draft module: ln_final.hook_normalized after one more norm.",
  });
  blockSites(spec, spec.nLayers, add);
  add(`${name}.ln_final.hook_normalized`, {
    ...stream,
    meaning: `Draft module: residual stream after its own final ${normName(spec)}.`,
  });
  add(`${name}.hook_draft_logits`, {
    dims: ["T", "V"],
    shape: ["T", spec.nVocab],
    meaning: "Unnormalised log probabilities of the token at position t + 2.",
  });
}

function normName({ norm }: ModelSpec): string {
  return norm === "rms" ? "RMS norm and its weight" : "layer norm, its weight and its bias";
}

type Add = (name: string, described: Described) => void;

function blockSites(spec: ModelSpec, layer: number, add: Add): void {
  const block = blockName(spec, layer);
  const stream = { dims: ["T", "M"], shape: ["T", spec.dModel] as const };
  const { feedForward, residual } = layerOf(spec, layer);
  const isPlain = residual.kind === "plain";
  const read = isPlain ? "the residual stream" : "what it reads of all streams,";
  const joins = isPlain
    ? "as added to the residual stream"
    : "before it is written into the streams";
  residualSite(spec, layer, "pre", add);
  if (!isPlain) connectionSites(spec, residual, `${block}.attn_hc`, "attention", add);
  normScaleSite(
    spec,
    `${block}.ln1`,
    isPlain ? entering(spec, layer) : `${block}.attn_hc.hook_collapsed`,
    add,
  );
  add(`${block}.ln1.hook_normalized`, {
    ...stream,
    meaning: `Input of attention: ${read} after ${normName(spec)}.`,
  });
  attentionSites(spec, layer, add);
  add(`${block}.hook_attn_out`, {
    ...stream,
    meaning: `Output of attention after the output projection, ${joins}.`,
  });
  residualSite(spec, layer, "mid", add);
  if (!isPlain) connectionSites(spec, residual, `${block}.mlp_hc`, "the feed-forward layer", add);
  normScaleSite(
    spec,
    `${block}.ln2`,
    isPlain ? `${block}.hook_resid_mid` : `${block}.mlp_hc.hook_collapsed`,
    add,
  );
  add(`${block}.ln2.hook_normalized`, {
    ...stream,
    meaning: `Input of the feed-forward layer: ${read} after ${normName(spec)}.`,
  });
  if (feedForward.kind === "moe") moeSites(spec, feedForward, `${block}.mlp`, add);
  else denseSites(feedForward, `${block}.mlp`, add);
  add(`${block}.hook_mlp_out`, {
    ...stream,
    meaning: `Output of the feed-forward layer, ${joins}; no norm follows it.`,
  });
  residualSite(spec, layer, "post", add);
}

/** What a norm divides each token by. @param value what it reads */
function normScaleSite(spec: ModelSpec, norm: string, value: string, add: Add): void {
  const about = spec.norm === "rms" ? "" : ", less its mean,";
  add(`${norm}.hook_scale`, {
    dims: ["T"],
    shape: ["T"],
    source: { kind: "normScale", value },
    needs: [value],
    meaning: `What the norm divides a token by: the root of the mean square of what it reads${about} and eps. One number for each token, without a last axis.`,
  });
}

const RESIDUAL_MEANINGS = {
  pre: ["entering the block, before its first norm", "entering the block"],
  mid: ["after attention was added, before the second norm", "after attention was written"],
  post: ["leaving the block", "leaving the block"],
} as const;

/** The residual at one place of a block: one stream, or n under another name, since (T, M) would be none of them. */
function residualSite(
  spec: ModelSpec,
  layer: number,
  place: keyof typeof RESIDUAL_MEANINGS,
  add: Add,
): void {
  const block = blockName(spec, layer);
  const { residual } = layerOf(spec, layer);
  const [ofOne, ofSeveral] = RESIDUAL_MEANINGS[place];
  const entered = place === "pre" && {
    source: { kind: "stored" as const, value: entering(spec, layer) },
  };
  if (residual.kind === "plain")
    add(`${block}.hook_resid_${place}`, {
      dims: ["T", "M"],
      shape: ["T", spec.dModel],
      ...entered,
      meaning: `Residual stream ${ofOne}.`,
    });
  else
    add(`${block}.hook_streams_${place}`, {
      dims: ["T", "n", "M"],
      shape: ["T", residual.nStreams, spec.dModel],
      ...entered,
      meaning: `The ${residual.nStreams} residual streams ${ofSeveral}.`,
    });
}

/** What a sublayer reads of n streams, and how its output is written into them. */
function connectionSites(
  spec: ModelSpec,
  { nStreams: n }: HyperConnectionsSpec,
  name: string,
  sublayer: string,
  add: Add,
): void {
  readSites(spec, n, name, sublayer, add);
  add(`${name}.hook_post`, {
    dims: ["T", "n"],
    shape: ["T", n],
    meaning: `Weight with which the output of ${sublayer} is written into each stream: twice a sigmoid.`,
  });
  add(`${name}.hook_comb`, {
    dims: ["T", "n", "n"],
    shape: ["T", n, n],
    meaning: `How the streams are mixed as ${sublayer} is written: row = from, column = to; columns sum to 1 but for eps, rows more loosely.`,
  });
}

/** What is read of n streams, and with which weights. */
function readSites(spec: ModelSpec, n: number, name: string, reader: string, add: Add): void {
  add(`${name}.hook_pre`, {
    dims: ["T", "n"],
    shape: ["T", n],
    meaning: `Weight with which ${reader} reads each stream: a sigmoid and eps.`,
  });
  add(`${name}.hook_collapsed`, {
    dims: ["T", "M"],
    shape: ["T", spec.dModel],
    meaning: `What ${reader} reads: the streams' sum by those weights, before the norm.`,
  });
}

function headReadSites(spec: ModelSpec, add: Add): void {
  const last = spec.layers.at(-1)?.residual;
  if (last?.kind === "hyperConnections") readSites(spec, last.nStreams, "hc_head", "the head", add);
}

function hasStreams(layer: LayerSpec | undefined): boolean {
  return layer?.residual.kind === "hyperConnections";
}

/** The value that holds the residual before a block. */
function entering(spec: ModelSpec, layer: number): string {
  const block = blockName(spec, layer);
  if (layer === spec.nLayers) return `${block}.hook_resid_pre`; // joined by the draft module
  if (hasStreams(layerOf(spec, layer)))
    return layer > 0 && hasStreams(layerOf(spec, layer - 1))
      ? `blocks.${layer - 1}.hook_streams_post`
      : `${block}.hook_streams_pre`; // spread here
  if (layer > 0) return `blocks.${layer - 1}.hook_resid_post`;
  return spec.learnedPositions ? positioned(spec) : "hook_embed";
}

function attentionSites(spec: ModelSpec, layer: number, add: Add): void {
  const { attention } = layerOf(spec, layer);
  const name = `${blockName(spec, layer)}.attn`;
  const isSparse = attention.kind === "mla" && attention.indexer !== null;
  const masked = isSparse ? "masked and unselected entries" : "masked entries";
  if (attention.kind === "mla") mlaSites(attention, layer, name, add);
  else gqaSites(attention, ropeOf(spec, layer)?.dim ?? 0, name, add);
  const map = { dims: ["H", "T", "S"], shape: [attention.nHeads, "T", "S"] as const };
  const cache =
    attention.kind === "mla" ? [`${name}.cache`] : [`${name}.cache_k`, `${name}.cache_v`];
  const selection = isSparse ? [`${name}.hook_topk_indices`] : [];
  const needs = [attentionQuery(spec, layer), `${name}.lse`, ...cache, ...selection];
  add(`${name}.hook_attn_scores`, {
    ...map,
    source: { kind: "scores", layer },
    needs,
    availability: "recomputed",
    meaning: `Scaled query-key products before the softmax; ${masked} are -Infinity.`,
  });
  add(`${name}.hook_pattern`, {
    ...map,
    source: { kind: "pattern", layer },
    needs: [...needs, `${name}.moments`],
    availability: "recomputed",
    meaning: `Attention weights after the softmax: ${attention.kind === "gqa" && attention.sinks ? "rows sum to 1 less the sink's share" : "rows sum to 1"}, ${masked} are exactly 0.`,
  });
  const dValue = attention.kind === "mla" ? attention.dValue : attention.dHead;
  add(`${name}.hook_z`, {
    dims: ["T", "H", "D"],
    shape: ["T", attention.nHeads, dValue],
    meaning: "Each head's weighted sum of values, before the output projection.",
  });
  add(`${name}.hook_result`, {
    dims: ["T", "H", "M"],
    shape: ["T", attention.nHeads, spec.dModel],
    source: { kind: "headResult", layer },
    needs: [`${name}.hook_z`],
    meaning: `Each head's share of the attention output; over heads they sum to hook_attn_out${attention.kind === "gqa" && attention.outBias ? " without its bias" : ""}.`,
  });
}

function gqaSites(attention: GqaSpec, rotaryDim: number, name: string, add: Add): void {
  const rotates = rotaryDim > 0;
  const on = rotaryDim === attention.dHead ? "" : ` on the first ${rotaryDim} dims`;
  const { nHeads, nKvHeads, dHead } = attention;
  const heads = (n: number): { dims: string[]; shape: SiteAxis[] } => ({
    dims: ["T", n === nHeads ? "H" : "K", "D"],
    shape: ["T", n, dHead],
  });
  const bias = attention.qkvBias ? ", bias added" : "";
  const clipped = attention.clip === null ? "" : ", clamped";
  const done = `${bias}${attention.queryKeyNorm === null ? "" : ", normalised"}${clipped}`;
  const when = rotates ? " before RoPE" : "";
  add(`${name}.hook_q`, {
    ...heads(nHeads),
    ...(!rotates && { availability: "kept" as const }),
    meaning: `Queries${when}${done}; the scale is not yet applied.`,
  });
  add(`${name}.hook_k`, {
    ...heads(nKvHeads),
    ...(!rotates && {
      source: { kind: "stored" as const, value: `${name}.cache_k` },
      availability: "kept" as const,
    }),
    meaning: `Keys${when}${done}, one per key head.`,
  });
  add(`${name}.hook_v`, {
    ...heads(nKvHeads),
    source: { kind: "stored", value: `${name}.cache_v` },
    availability: "kept",
    meaning: `Values${bias}${clipped}, one per key head, as cached.`,
  });
  if (!rotates) return;
  add(`${name}.hook_rot_q`, {
    ...heads(nHeads),
    availability: "kept",
    meaning: `Queries after RoPE${on}; the scale is not yet applied.`,
  });
  add(`${name}.hook_rot_k`, {
    ...heads(nKvHeads),
    source: { kind: "stored", value: `${name}.cache_k` },
    availability: "kept",
    meaning: `Keys after RoPE${on}, one per key head, as cached.`,
  });
}

function mlaSites(attention: MlaSpec, layer: number, name: string, add: Add): void {
  const { nHeads, qLoraRank, kvLoraRank, dNope, dRope, dValue } = attention;
  const query = { dims: ["T", "H", "D"], shape: ["T", nHeads, dNope + dRope] as const };
  if (qLoraRank !== null)
    add(`${name}.hook_q_latent`, {
      dims: ["T", "C"],
      shape: ["T", qLoraRank],
      availability: "kept",
      meaning: "Compressed query after its norm; all heads' queries are projected from it.",
    });
  add(`${name}.hook_kv_latent`, {
    dims: ["T", "C"],
    shape: ["T", kvLoraRank],
    source: { kind: "stored", value: `${name}.cache`, columns: [0, kvLoraRank] },
    availability: "kept",
    meaning: "Compressed key and value after its norm, as cached; the shared rotary key is apart.",
  });
  add(`${name}.hook_q`, {
    ...query,
    meaning: `Queries before RoPE: ${dNope} position-free dims, then ${dRope} rotary dims.`,
  });
  add(`${name}.hook_k`, {
    ...query,
    source: { kind: "unrotatedLatentKey", layer },
    needs: [`${name}.kv_a`],
    meaning: `Each head's keys before RoPE, expanded from the latent; the last ${dRope} dims are shared by all heads.`,
  });
  add(`${name}.hook_v`, {
    dims: ["T", "H", "D"],
    shape: ["T", nHeads, dValue],
    source: { kind: "latentValue", layer },
    needs: [`${name}.cache`],
    availability: "recomputed",
    meaning: "Each head's values, expanded from the cached latent.",
  });
  add(`${name}.hook_rot_q`, {
    ...query,
    ...(qLoraRank === null
      ? { availability: "kept" as const }
      : {
          source: { kind: "rotatedQuery" as const, layer },
          needs: [`${name}.hook_q_latent`],
          availability: "recomputed" as const,
        }),
    meaning: `Queries after RoPE on the last ${dRope} dims; the scale is not yet applied.`,
  });
  add(`${name}.hook_rot_k`, {
    ...query,
    source: { kind: "latentKey", layer },
    needs: [`${name}.cache`],
    availability: "recomputed",
    meaning: `Each head's keys after RoPE, expanded from the cached latent; the last ${dRope} dims are shared by all heads.`,
  });
  if (attention.indexer === null) return;
  add(`${name}.hook_index_rot_k`, {
    dims: ["T", "D"],
    shape: ["T", attention.indexer.dHead],
    source: { kind: "stored", value: `${name}.cache_index` },
    availability: "kept",
    meaning: "The indexer's key after its norm and RoPE, as cached; one for all of its heads.",
  });
  add(`${name}.hook_index_scores`, {
    dims: ["T", "S"],
    shape: ["T", "S"],
    meaning: "The indexer's score of every key for every query; masked entries are -Infinity.",
  });
  add(`${name}.hook_topk_indices`, {
    dims: ["T", "k"],
    shape: ["T", attention.indexer.topK],
    dtype: "i32",
    availability: "kept",
    meaning:
      "Positions of the keys each query attends to, ascending, then -1; ties go to the lower position.",
  });
}

function denseSites({ dMlp, activation }: DenseSpec, name: string, add: Add): void {
  const hidden = { dims: ["T", "F"], shape: ["T", dMlp] as const };
  if (activation === "gelu") {
    add(`${name}.hook_pre`, { ...hidden, meaning: "Up projection before GELU, bias added." });
    add(`${name}.hook_post`, { ...hidden, meaning: "After GELU: input of the down projection." });
    return;
  }
  add(`${name}.hook_pre`, { ...hidden, meaning: "Gate projection before SiLU." });
  add(`${name}.hook_pre_linear`, {
    ...hidden,
    meaning: "Up projection, which the activated gate multiplies.",
  });
  add(`${name}.hook_post`, {
    ...hidden,
    meaning: "SiLU of the gate times the up projection: input of the down projection.",
  });
}

function moeSites(spec: ModelSpec, moe: MoeSpec, name: string, add: Add): void {
  const scores = { dims: ["T", "E"], shape: ["T", moe.nExperts] as const };
  const chosen = { dims: ["T", "k"], shape: ["T", moe.nExpertsPerToken] as const };
  add(`${name}.hook_router_scores`, {
    ...scores,
    availability: "kept",
    meaning: `Router scores after ${moe.scoring} over all experts${moe.selectionBias ? ", before the selection bias" : ""}.`,
  });
  add(`${name}.hook_router_biased`, {
    ...scores,
    meaning: "Scores with the selection bias, as selection saw them; -Infinity in dropped groups.",
  });
  add(`${name}.hook_expert_indices`, {
    ...chosen,
    dtype: "i32",
    availability: "kept",
    meaning: "Chosen experts in descending weight; ties go to the lower index.",
  });
  add(`${name}.hook_expert_weights`, {
    ...chosen,
    availability: "kept",
    meaning: `Weights of the chosen experts${moe.normalizeWeights ? ", normalised" : ""}, times ${moe.scale}; from the unbiased scores.`,
  });
  add(`${name}.hook_expert_out`, {
    dims: ["T", "k", "M"],
    shape: ["T", moe.nExpertsPerToken, spec.dModel],
    meaning: "Output of each chosen expert, before its weight.",
  });
  if (moe.dShared > 0)
    add(`${name}.hook_shared_out`, {
      dims: ["T", "M"],
      shape: ["T", spec.dModel],
      meaning: "Output of the shared expert, which every token passes; unweighted.",
    });
}
