import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ConfigError } from "../../engine/base/errors.ts";
import { normalizeConfig, SUPPORTED_ARCHITECTURES } from "../../engine/model/normalizeConfig.ts";
import { ropeTables } from "../../engine/model/rope.ts";
import type { ModelSpec } from "../../engine/model/spec.ts";
import { feedForwardsOf, gqaOf, mlaOf, onlyRope, windowsOf } from "../fixtures/layers.ts";

function fixture(name: string): Record<string, unknown> {
  const url = new URL(`../fixtures/hf-random/${name}/config.json`, import.meta.url);
  return JSON.parse(readFileSync(url, "utf8"));
}

/** DeepSeek-V3 as published, in the spelling of transformers 4. */
const DEEPSEEK_V3 = {
  model_type: "deepseek_v3",
  hidden_size: 7168,
  num_hidden_layers: 61,
  first_k_dense_replace: 3,
  moe_layer_freq: 1,
  num_attention_heads: 128,
  num_key_value_heads: 128,
  q_lora_rank: 1536,
  kv_lora_rank: 512,
  qk_nope_head_dim: 128,
  qk_rope_head_dim: 64,
  v_head_dim: 128,
  n_routed_experts: 256,
  n_shared_experts: 1,
  num_experts_per_tok: 8,
  n_group: 8,
  topk_group: 4,
  scoring_func: "sigmoid",
  topk_method: "noaux_tc",
  norm_topk_prob: true,
  routed_scaling_factor: 2.5,
  moe_intermediate_size: 2048,
  intermediate_size: 18432,
  vocab_size: 129280,
  max_position_embeddings: 163840,
  rms_norm_eps: 1e-6,
  rope_theta: 10000,
  rope_scaling: {
    type: "yarn",
    factor: 40,
    original_max_position_embeddings: 4096,
    beta_fast: 32,
    beta_slow: 1,
    mscale: 1,
    mscale_all_dim: 1,
  },
  tie_word_embeddings: false,
  torch_dtype: "bfloat16",
  hidden_act: "silu",
};

function close(actual: number | undefined, wanted: number, relative = 1e-6): void {
  assert.ok(
    actual !== undefined && Math.abs(actual - wanted) <= relative * Math.abs(wanted),
    `${actual} is not ${wanted}`,
  );
}

function mla(spec: ModelSpec) {
  return mlaOf(spec);
}

describe("normalizeConfig", () => {
  it("reads DeepSeek-V3: layers, gate and MLA sizes", () => {
    const spec = normalizeConfig(DEEPSEEK_V3);
    assert.deepEqual(
      feedForwardsOf(spec)
        .slice(0, 4)
        .map((layer) => layer.kind),
      ["dense", "dense", "dense", "moe"],
    );
    assert.deepEqual(feedForwardsOf(spec)[60], {
      kind: "moe",
      nExperts: 256,
      nExpertsPerToken: 8,
      dExpert: 2048,
      dShared: 2048,
      activation: { kind: "silu" },
      bias: false,
      scoring: "sigmoid",
      selectionBias: true,
      nGroups: 8,
      nGroupsKept: 4,
      groupScore: "top2sum",
      normalizeWeights: true,
      scale: 2.5,
    });
    assert.equal(spec.dtype, "bfloat16");
    assert.equal(mla(spec).kvLoraRank, 512);
  });

  it("scales DeepSeek-V3's frequencies and softmax by YaRN", () => {
    const spec = normalizeConfig(DEEPSEEK_V3);
    const f = onlyRope(spec).inverseFrequencies;
    assert.equal(f.length, 32);
    for (const [j, wanted] of [
      [0, 1],
      [10, 0.056234133],
      [11, 0.039006927],
      [16, 0.0055],
      [22, 1.7782794e-4],
      [23, 3.3338036e-5],
      [31, 3.3338036e-6],
    ] as const)
      close(f[j], wanted, 1e-7);
    assert.equal(onlyRope(spec).magnitude, 1);
    close(mla(spec).scale, 0.13523378, 1e-7);
  });

  it("keeps the plain softmax scale without YaRN", () => {
    close(mla(normalizeConfig({ ...DEEPSEEK_V3, rope_scaling: null })).scale, 0.07216878, 1e-6);
  });

  it("computes V2-Lite's softmax scale from mscale_all_dim 0.707", () => {
    const rope_scaling = {
      ...DEEPSEEK_V3.rope_scaling,
      mscale: 707 / 1000,
      mscale_all_dim: 707 / 1000,
    };
    close(mla(normalizeConfig({ ...DEEPSEEK_V3, rope_scaling })).scale, 0.11472139, 1e-7);
  });

  it("leaves corrections unrounded with truncate false, and then scales cos and sin by m(factor, 1)", () => {
    const spec = normalizeConfig({
      ...fixture("llama3"),
      head_dim: 64,
      rope_parameters: {
        rope_type: "yarn",
        rope_theta: 150000,
        factor: 32,
        original_max_position_embeddings: 4096,
        truncate: false,
      },
    });
    close(onlyRope(spec).magnitude, 1.3465736, 1e-7);
    const plain = (j: number) => 150000 ** (-j / 32);
    close(onlyRope(spec).inverseFrequencies[8], plain(8), 1e-12);
    const ramp = (9 - 8.0928) / (17.398 - 8.0928);
    close(
      onlyRope(spec).inverseFrequencies[9],
      (plain(9) / 32) * ramp + plain(9) * (1 - ramp),
      1e-4,
    );
    close(onlyRope(spec).inverseFrequencies[18], plain(18) / 32, 1e-12);
    close(ropeTables(onlyRope(spec), 2, 2).cos[0], onlyRope(spec).magnitude);
  });

  it("scales Llama 3.1's long wavelengths only", () => {
    const spec = normalizeConfig({
      ...fixture("llama3"),
      head_dim: 128,
      rope_parameters: null,
      rope_theta: 500000,
      rope_scaling: {
        rope_type: "llama3",
        factor: 8,
        low_freq_factor: 1,
        high_freq_factor: 4,
        original_max_position_embeddings: 8192,
      },
    });
    const ratio = (j: number) =>
      (onlyRope(spec).inverseFrequencies[j] as number) / 500000 ** ((-2 * j) / 128);
    close(ratio(28), 1, 1e-12);
    close(ratio(29), 0.82817, 1e-5);
    close(ratio(63), 1 / 8, 1e-12);
  });

  it("means the same by rope_scaling with torch_dtype as by rope_parameters with dtype", () => {
    const { rope_theta, rope_scaling, torch_dtype, ...rest } = DEEPSEEK_V3;
    const { type, ...parameters } = rope_scaling;
    const rope_parameters = { ...parameters, rope_type: type, rope_theta };
    const modern = { ...rest, dtype: torch_dtype, rope_parameters };
    assert.deepEqual(normalizeConfig(modern), normalizeConfig(DEEPSEEK_V3));
  });

  it("gives Qwen2 biases and tied embeddings, and Llama neither", () => {
    const qwen = normalizeConfig(fixture("qwen2"));
    const llama = normalizeConfig(fixture("llama3"));
    assert.ok(gqaOf(qwen).qkvBias && qwen.tiedEmbeddings);
    assert.ok(!gqaOf(llama).qkvBias && !llama.tiedEmbeddings);
    assert.equal(gqaOf(qwen).nKvHeads, 2);
    assert.equal(gqaOf(qwen).dHead, 16);
  });

  it("gives each of Qwen2's layers the sliding window that the config says", () => {
    const sliding = { ...fixture("qwen2"), use_sliding_window: true, sliding_window: 8 };
    const windows = (config: unknown) => windowsOf(normalizeConfig(config));
    const layers = (type: string) => ({ ...sliding, layer_types: [type, type] });
    assert.deepEqual(windows(layers("sliding_attention")), [8, 8]);
    assert.deepEqual(windows(layers("full_attention")), [null, null]);
    const from = (max_window_layers: number) =>
      windows({ ...sliding, layer_types: null, max_window_layers });
    assert.deepEqual(from(2), [null, null]);
    assert.deepEqual(from(1), [null, 8]);
    assert.deepEqual(from(0), [8, 8]);
    const still = { ...layers("sliding_attention"), use_sliding_window: false };
    assert.throws(() => normalizeConfig(still), /without use_sliding_window/);
    const short = { ...sliding, layer_types: ["full_attention"] };
    assert.throws(() => normalizeConfig(short), /layer_types/);
    assert.throws(() => normalizeConfig(layers("strided_attention")), /layer_types/);
  });

  it("refuses an unknown architecture and lists what it supports", () => {
    assert.throws(
      () => normalizeConfig({ model_type: "mamba" }),
      (error) =>
        error instanceof ConfigError &&
        error.code === "ERR_ARCHITECTURE" &&
        SUPPORTED_ARCHITECTURES.every((name) => error.message.includes(name)) &&
        error.message.includes('"mamba"'),
    );
  });

  for (const [what, change] of [
    ["hidden_size", { hidden_size: "wide" }],
    ["num_hidden_layers", { num_hidden_layers: 0 }],
    ["vocab_size", { vocab_size: null }],
    ["hidden_act", { hidden_act: "gelu" }],
    ["attention_bias", { attention_bias: true }],
    ["topk_method", { topk_method: "greedy" }],
    ["n_group", { n_group: 7 }],
    ["num_experts_per_tok", { num_experts_per_tok: 200 }],
    ["type", { rope_scaling: { type: "longrope" } }],
  ] as const)
    it(`refuses a wrong ${what} by name`, () => {
      assert.throws(
        () => normalizeConfig({ ...DEEPSEEK_V3, ...change }),
        (error) =>
          error instanceof ConfigError &&
          error.message.includes(`expected ${what} to be`) &&
          error.message.includes("got"),
      );
    });
});
