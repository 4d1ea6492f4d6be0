import type { PlanWeight } from "./plan.ts";

/**
 * How a checkpoint's tensor becomes a weight. plain: as it is; stacked: one tensor per expert under a leading axis;
 * key and value: kv_b_proj (H(P+V), C) split per head into (H, C, P), transposed, and (H, V, C).
 */
type WeightLayout = "plain" | "stacked" | "key" | "value";

interface WeightSource {
  /** Hugging Face name; {i} is the layer, {e} the expert. */
  readonly template: string;
  readonly layout: WeightLayout;
}

export type WeightNames = ReadonlyMap<string, WeightSource>;

const plain = (template: string): WeightSource => ({ template, layout: "plain" });
const block = (rest: string): WeightSource => plain(`model.layers.{i}.${rest}`);
const stacked = (which: string): WeightSource => ({
  template: `model.layers.{i}.mlp.experts.{e}.${which}_proj.weight`,
  layout: "stacked",
});
const kvB = (layout: "key" | "value"): WeightSource => ({
  template: "model.layers.{i}.self_attn.kv_b_proj.weight",
  layout,
});

/** Canonical name, with {i} for the layer, to the names that Llama, Qwen2 and DeepSeek-V3 checkpoints share. */
const HUGGING_FACE_NAMES: WeightNames = new Map([
  ["embed", plain("model.embed_tokens.weight")],
  ["ln_final", plain("model.norm.weight")],
  ["unembed", plain("lm_head.weight")],
  ["blocks.{i}.ln1", block("input_layernorm.weight")],
  ["blocks.{i}.ln2", block("post_attention_layernorm.weight")],
  ["blocks.{i}.attn.q", block("self_attn.q_proj.weight")],
  ["blocks.{i}.attn.k", block("self_attn.k_proj.weight")],
  ["blocks.{i}.attn.v", block("self_attn.v_proj.weight")],
  ["blocks.{i}.attn.o", block("self_attn.o_proj.weight")],
  ["blocks.{i}.attn.q.bias", block("self_attn.q_proj.bias")],
  ["blocks.{i}.attn.k.bias", block("self_attn.k_proj.bias")],
  ["blocks.{i}.attn.v.bias", block("self_attn.v_proj.bias")],
  ["blocks.{i}.attn.q_a", block("self_attn.q_a_proj.weight")],
  ["blocks.{i}.attn.q_a_norm", block("self_attn.q_a_layernorm.weight")],
  ["blocks.{i}.attn.q_b", block("self_attn.q_b_proj.weight")],
  ["blocks.{i}.attn.kv_a", block("self_attn.kv_a_proj_with_mqa.weight")],
  ["blocks.{i}.attn.kv_a_norm", block("self_attn.kv_a_layernorm.weight")],
  ["blocks.{i}.attn.kv_b_key", kvB("key")],
  ["blocks.{i}.attn.kv_b_value", kvB("value")],
  ["blocks.{i}.mlp.gate", block("mlp.gate_proj.weight")],
  ["blocks.{i}.mlp.up", block("mlp.up_proj.weight")],
  ["blocks.{i}.mlp.down", block("mlp.down_proj.weight")],
  ["blocks.{i}.mlp.router", block("mlp.gate.weight")],
  ["blocks.{i}.mlp.router.bias", block("mlp.gate.e_score_correction_bias")],
  ["blocks.{i}.mlp.experts.gate", stacked("gate")],
  ["blocks.{i}.mlp.experts.up", stacked("up")],
  ["blocks.{i}.mlp.experts.down", stacked("down")],
  ["blocks.{i}.mlp.shared.gate", block("mlp.shared_experts.gate_proj.weight")],
  ["blocks.{i}.mlp.shared.up", block("mlp.shared_experts.up_proj.weight")],
  ["blocks.{i}.mlp.shared.down", block("mlp.shared_experts.down_proj.weight")],
]);

/** One tensor of a checkpoint and the weights that its elements fill. */
export interface TensorUse {
  readonly tensor: string;
  readonly shape: readonly number[];
  readonly fills: readonly WeightFill[];
}

export interface WeightFill {
  readonly weight: PlanWeight;
  readonly layout: WeightLayout;
  /** Element of the weight at which this tensor's part starts. */
  readonly offset: number;
}

/** Every tensor a plan needs, under the checkpoint's names. */
export function tensorUses(
  weights: Iterable<PlanWeight>,
  names: WeightNames = HUGGING_FACE_NAMES,
): Map<string, TensorUse> {
  const uses = new Map<string, { tensor: string; shape: readonly number[]; fills: WeightFill[] }>();
  const add = (tensor: string, shape: readonly number[], fill: WeightFill) => {
    const use = uses.get(tensor) ?? { tensor, shape, fills: [] };
    use.fills.push(fill);
    uses.set(tensor, use);
  };
  const all = [...weights];
  for (const weight of all) {
    const layer = /^blocks\.(\d+)\./.exec(weight.name)?.[1] ?? "";
    const source = names.get(weight.name.replace(/^blocks\.\d+\./, "blocks.{i}."));
    if (source === undefined) throw new Error(`no checkpoint name for the weight ${weight.name}`);
    const tensor = source.template.replace("{i}", layer);
    const [first = 1, ...rest] = weight.shape;
    if (source.layout === "stacked") {
      const size = rest.reduce((a, b) => a * b, 1);
      for (let e = 0; e < first; e++)
        add(tensor.replace("{e}", String(e)), rest, {
          weight,
          layout: "stacked",
          offset: e * size,
        });
    } else if (source.layout === "plain")
      add(tensor, weight.shape, { weight, layout: "plain", offset: 0 });
    else add(tensor, kvShape(weight, all), { weight, layout: source.layout, offset: 0 });
  }
  return uses;
}

/** (H(P+V), C), from the two weights that kv_b_proj is split into. */
function kvShape(weight: PlanWeight, all: readonly PlanWeight[]): readonly number[] {
  const stem = weight.name.replace(/_(key|value)$/, "");
  const part = (which: string) => all.find((w) => w.name === `${stem}_${which}`)?.shape ?? [];
  const [nHeads = 0, kvLoraRank = 0, dNope = 0] = part("key");
  const [, dValue = 0] = part("value");
  return [nHeads * (dNope + dValue), kvLoraRank];
}
