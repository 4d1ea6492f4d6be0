import type { AttentionSpec, LayerSpec } from "../model/spec.ts";

/** Axes of the plan's values in letters, by their names without the block's; see `symbolSizes`. */
const VALUES: Readonly<Record<string, string>> = {
  ids: "T",
  targets: "T",
  token_logprobs: "T",
  hidden: "T M",
  embedding_part: "T M",
  hook_embed: "T M",
  hook_resid_pre: "T M",
  hook_resid_mid: "T M",
  hook_resid_post: "T M",
  hook_attn_out: "T M",
  hook_mlp_out: "T M",
  hook_streams_pre: "T n M",
  hook_streams_mid: "T n M",
  hook_streams_post: "T n M",
  hook_logits: "T V",
  hook_draft_logits: "T V",
  "attn.lse": "T H",
  "attn.moments": "T H 2",
  "attn.hook_index_scores": "T S",
  "attn.hook_topk_indices": "T L",
  "attn.cache_index": "S Di",
  "attn.index_k": "T Di",
  "attn.index_k_normed": "T 1 Di",
  "attn.index_rot_k": "T 1 Di",
  "attn.index_q": "T N Di",
  "attn.index_rot_q": "T N Di",
  "attn.index_weights": "T N",
  "mlp.hook_pre": "T F",
  "mlp.hook_pre_linear": "T F",
  "mlp.hook_post": "T F",
  "mlp.router_logits": "T E",
  "mlp.hook_router_scores": "T E",
  "mlp.hook_router_biased": "T E",
  "mlp.hook_expert_indices": "T k",
  "mlp.hook_expert_weights": "T k",
  "mlp.experts_hidden": "T k F",
  "mlp.hook_expert_out": "T k M",
  "mlp.shared_gate": "T Fs",
  "mlp.shared_up": "T Fs",
  "mlp.shared_hidden": "T Fs",
  "mlp.hook_shared_out": "T M",
};

const GQA_VALUES: Readonly<Record<string, string>> = {
  hook_q: "T H D",
  q_projected: "T H D",
  q_normed: "T H D",
  hook_rot_q: "T H D",
  hook_k: "T K D",
  k_projected: "T K D",
  k_normed: "T K D",
  hook_rot_k: "T K D",
  hook_v: "T K D",
  v_projected: "T K D",
  cache_k: "S K D",
  cache_v: "S K D",
  hook_z: "T H D",
};

const MLA_VALUES: Readonly<Record<string, string>> = {
  q_a: "T Cq",
  hook_q_latent: "T Cq",
  hook_q: "T H P+R",
  hook_rot_q: "T H P+R",
  kv_a: "T C+R",
  latent: "T C+R",
  cache: "S C+R",
  q_absorbed: "T H C+R",
  u: "T H C",
  hook_z: "T H Dv",
};

/** Of hyper-connections, by what stands behind their name: those of a sublayer, and the head's, which only read. */
const CONNECTION_VALUES: Readonly<Record<string, string>> = {
  logits: "T (2+n)·n",
  hook_pre: "T n",
  hook_post: "T n",
  hook_comb: "T n n",
  hook_collapsed: "T M",
};

const WEIGHTS: Readonly<Record<string, string>> = {
  embed: "V M",
  unembed: "V M",
  positions: "Pos M",
  "eh_proj.embedding": "M M",
  "eh_proj.hidden": "M M",
  "attn.index_k": "Di M",
  "attn.index_k_norm": "Di",
  "attn.index_k_norm.bias": "Di",
  "attn.index_weights": "N M",
  "attn.sinks": "H",
  "mlp.gate": "F M",
  "mlp.up": "F M",
  "mlp.down": "M F",
  "mlp.gate.bias": "F",
  "mlp.up.bias": "F",
  "mlp.down.bias": "M",
  "mlp.router": "E M",
  "mlp.router.bias": "E",
  "mlp.router.logit_bias": "E",
  "mlp.experts.gate": "E F M",
  "mlp.experts.up": "E F M",
  "mlp.experts.down": "E M F",
  "mlp.experts.gate.bias": "E F",
  "mlp.experts.up.bias": "E F",
  "mlp.experts.down.bias": "E M",
  "mlp.shared.gate": "Fs M",
  "mlp.shared.up": "Fs M",
  "mlp.shared.down": "M Fs",
};

const CONNECTION_WEIGHTS: Readonly<Record<string, string>> = {
  fn: "(2+n)·n n·M",
  base: "(2+n)·n",
  scale: "3",
};

const HEAD_CONNECTION: Readonly<Record<string, string>> = {
  logits: "T n",
  fn: "n n·M",
  base: "n",
  scale: "1",
};

const NORM = /^(ln1|ln2|ln_final|enorm|hnorm)/;
const CONNECTION = /^(attn_hc|mlp_hc|hc_head)\.(.+)$/;

/** Axes of a value in letters. @throws Error for a value that has none */
export function valueAxes(name: string, own: LayerSpec | null): string {
  if (NORM.test(name)) return "T M";
  const [, connection, part = ""] = CONNECTION.exec(name) ?? [];
  const found =
    connection === undefined
      ? (VALUES[name] ?? attentionValue(name, own))
      : ((connection === "hc_head" ? HEAD_CONNECTION[part] : undefined) ?? CONNECTION_VALUES[part]);
  return known(found, name);
}

/** Axes of a weight in letters. @throws Error for a weight that has none */
export function weightAxes(name: string, own: LayerSpec | null): string {
  if (NORM.test(name)) return "M";
  const [, connection, part = ""] = CONNECTION.exec(name) ?? [];
  if (connection !== undefined)
    return known((connection === "hc_head" ? HEAD_CONNECTION : CONNECTION_WEIGHTS)[part], name);
  const ofAttention = own === null ? undefined : attentionWeights(own.attention)[name];
  return known(WEIGHTS[name] ?? ofAttention, name);
}

function known(axes: string | undefined, name: string): string {
  if (axes === undefined) throw new Error(`no axes are written down for ${name}`);
  return axes;
}

function attentionValue(name: string, own: LayerSpec | null): string | undefined {
  const values = own?.attention.kind === "mla" ? MLA_VALUES : GQA_VALUES;
  return name.startsWith("attn.") ? values[name.slice("attn.".length)] : undefined;
}

function attentionWeights(attention: AttentionSpec): Readonly<Record<string, string>> {
  if (attention.kind === "mla") {
    const latent = attention.qLoraRank === null ? "M" : "Cq";
    return {
      "attn.q": "H·(P+R) M",
      "attn.q_a": "Cq M",
      "attn.q_a_norm": "Cq",
      "attn.q_b": "H·(P+R) Cq",
      "attn.kv_a": "C+R M",
      "attn.kv_a_norm": "C",
      "attn.kv_b_key": "H C P",
      "attn.kv_b_value": "H Dv C",
      "attn.o": "M H·Dv",
      "attn.index_q": `N·Di ${latent}`,
    };
  }
  const isWhole = attention.queryKeyNorm === "whole";
  return {
    "attn.q": "H·D M",
    "attn.k": "K·D M",
    "attn.v": "K·D M",
    "attn.q.bias": "H·D",
    "attn.k.bias": "K·D",
    "attn.v.bias": "K·D",
    "attn.q_norm": isWhole ? "H·D" : "D",
    "attn.k_norm": isWhole ? "K·D" : "D",
    "attn.o": "M H·D",
    "attn.o.bias": "M",
  };
}
