import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ReferenceBackend } from "../../engine/backend/reference/referenceBackend.ts";
import { ConfigError, WeightsError } from "../../engine/base/errors.ts";
import { kvElementsPerToken } from "../../engine/cost/kvCache.ts";
import { countParameters } from "../../engine/cost/parameters.ts";
import { ARCHITECTURES } from "../../engine/model/architectures/table.ts";
import { loadWeights } from "../../engine/model/loadWeights.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import type { LayerSpec } from "../../engine/model/spec.ts";
import { tensorUses } from "../../engine/model/weightNames.ts";
import { attentionForm, uniformForm } from "../../engine/plan/attentionForm.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import { planMtp } from "../../engine/plan/planMtp.ts";
import { siteCatalog } from "../../engine/plan/sites/siteCatalog.ts";
import type { Checkpoint } from "../../engine/weights/checkpoint.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { feedForwardsOf, gqaOf, mlaOf, moeOf, windowsOf } from "../fixtures/layers.ts";
import { PUBLISHED_CONFIGS } from "../fixtures/publishedConfigs.ts";
import {
  DEEPSEEK_V2_LITE,
  DEEPSEEK_V3,
  GLM_4_5_AIR,
  GLM_4_7_FLASH,
  GPT_2,
  GPT_OSS_20B,
  KIMI_K2,
  MISTRAL_7B,
  MIXTRAL,
  OLMOE,
  QWEN3_0_6B,
} from "../fixtures/publishedSpecs.ts";
import { fixtureFolder } from "../golden/openModel.ts";

function config(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(`${fixtureFolder(name)}config.json`, "utf8"));
}

const spec = (name: string, change: Record<string, unknown> = {}) =>
  normalizeConfig({ ...config(name), ...change });
const windows = (name: string, change = {}) => windowsOf(spec(name, change));
const moe = (name: string, change = {}) => moeOf(spec(name, change));
const kinds = (name: string, change = {}) =>
  compilePlan(spec(name, change)).ops.map(({ operator }) => operator.kind);

function refuses(name: string, field: string, change: Record<string, unknown>): void {
  it(`refuses ${name} with ${JSON.stringify(change)} by the name of the field`, () => {
    assert.throws(
      () => spec(name, change),
      (error) => error instanceof ConfigError && error.message.includes(`expected ${field} to be`),
    );
  });
}

describe("architectures", () => {
  it("reads the groups of DeepSeek-V2's gate only where its method is grouped", () => {
    assert.equal(moe("deepseek_v2")?.nGroups, 4);
    assert.equal(moe("deepseek_v2")?.groupScore, "max");
    const plain = moe("deepseek_v2", { topk_method: "greedy" });
    assert.deepEqual([plain?.nGroups, plain?.nGroupsKept], [1, 1]);
    assert.equal(moe("deepseek_v2_lite")?.normalizeWeights, false);
  });

  it("normalises Qwen3's heads one by one and OLMoE's together, before any rotation", () => {
    for (const [name, width] of [
      ["qwen3", 24],
      ["olmoe", 64],
    ] as const) {
      const plan = compilePlan(spec(name));
      assert.deepEqual(plan.weights.get("blocks.0.attn.q_norm")?.shape, [width]);
      const [norm, , rope] = ["hook_q", "hook_v", "hook_rot_q"].map((value) =>
        plan.ops.findIndex(({ outputs }) => outputs.includes(`blocks.0.attn.${value}`)),
      );
      assert.equal(plan.ops[norm as number]?.operator.kind, "rmsNorm");
      assert.ok((norm as number) < (rope as number));
    }
  });

  it("clamps OLMoE's queries, keys and values where clip_qkv says so", () => {
    assert.ok(!kinds("olmoe").includes("clamp"));
    const clipped = kinds("olmoe", { clip_qkv: 8 }).filter((kind) => kind === "clamp");
    assert.equal(clipped.length, 3 * spec("olmoe").nLayers);
  });

  it("gives Llama, Qwen3 and OLMoE biases where their configs ask for them, under their names", () => {
    const layer = (name: string, change: Record<string, unknown>) => {
      const plan = compilePlan(spec(name, change));
      const names = ARCHITECTURES.get(plan.spec.architecture)?.names;
      assert.ok(names);
      return [...tensorUses(plan, names).keys()]
        .filter((tensor) => tensor.startsWith("model.layers.0.") && tensor.endsWith(".bias"))
        .map((tensor) => tensor.replace("model.layers.0.", ""))
        .sort();
    };
    const attention = ["k", "o", "q", "v"].map((which) => `self_attn.${which}_proj.bias`);
    for (const name of ["llama3", "qwen3", "olmoe"]) {
      assert.deepEqual(layer(name, {}), []);
      assert.deepEqual(layer(name, { attention_bias: true }), attention);
    }
    const mlp = ["down", "gate", "up"].map((which) => `mlp.${which}_proj.bias`);
    assert.deepEqual(layer("llama3", { mlp_bias: true }), mlp);
  });

  it("puts Qwen3's experts into every sparse step but the layers that are listed", () => {
    const layers = (change: object) =>
      feedForwardsOf(spec("qwen3_moe", { num_hidden_layers: 4, ...change })).map(
        ({ kind }) => kind,
      );
    assert.deepEqual(layers({}), ["moe", "moe", "moe", "moe"]);
    assert.deepEqual(layers({ decoder_sparse_step: 2 }), ["dense", "moe", "dense", "moe"]);
    assert.deepEqual(layers({ mlp_only_layers: [0, 3] }), ["dense", "moe", "moe", "dense"]);
    assert.equal(moe("qwen3_moe", { num_local_experts: 6, num_experts: 6 })?.nExperts, 6);
  });

  it("normalises Mixtral's weights always and OLMoE's only if asked", () => {
    assert.equal(moe("mixtral")?.normalizeWeights, true);
    assert.equal(moe("olmoe")?.normalizeWeights, false);
    assert.equal(moe("olmoe", { norm_topk_prob: true })?.normalizeWeights, true);
    assert.deepEqual(windows("mixtral", { sliding_window: 9 }), [9, 9]);
  });

  it("lets gpt-oss slide in even layers where the config lists none", () => {
    assert.deepEqual(windows("gpt_oss"), [5, null]);
    assert.deepEqual(windows("gpt_oss", { layer_types: null }), [5, null]);
    const reversed = ["full_attention", "sliding_attention"];
    assert.deepEqual(windows("gpt_oss", { layer_types: reversed }), [null, 5]);
    const activation = { kind: "clamped", alpha: 1.702, limit: 7 };
    assert.deepEqual(moe("gpt_oss", { swiglu_limit: 7 })?.activation, activation);
  });

  it("slides over all of Mistral's layers as wide as the file or, where it says nothing, the class has it", () => {
    assert.deepEqual(windows("mistral"), [7, 7]);
    assert.deepEqual(windows("mistral", { sliding_window: null }), [null, null]);
    const { sliding_window: _, ...rest } = config("mistral");
    assert.deepEqual(windowsOf(normalizeConfig(rest)), [4096, 4096]);
    const layer_types = ["sliding_attention", "sliding_attention"];
    assert.deepEqual(windows("mistral", { layer_types }), [7, 7]);
  });

  it("rotates all but every fourth of SmolLM3's layers, or those that the file lists", () => {
    const rotates = (change: Record<string, unknown>) =>
      spec("smollm3", change).layers.map(({ rope }) => rope !== null);
    assert.deepEqual(rotates({}), [true, false, true, false]);
    assert.deepEqual(rotates({ no_rope_layers: null }), [true, true, true, false]);
    const interval = { no_rope_layers: null, no_rope_layer_interval: 2 };
    assert.deepEqual(rotates(interval), [true, false, true, false]);
    assert.deepEqual(rotates({ no_rope_layers: [0, 0, 1, 0, 1] }), [false, false, true, false]);
    assert.deepEqual(spec("smollm3", { no_rope_layers: [0, 0, 0, 0] }).ropes, []);
    assert.deepEqual(windows("smollm3"), [null, 7, 7, null]);
    assert.deepEqual(windows("smollm3", { layer_types: null }), [null, 7, null, 7]);
    const still = { layer_types: null, use_sliding_window: false };
    assert.deepEqual(windows("smollm3", still), [null, null, null, null]);
    const rotary = compilePlan(spec("smollm3")).ops.filter(
      ({ operator }) => operator.kind === "rope",
    );
    assert.deepEqual(
      rotary.map(({ layer }) => layer),
      [0, 0, 2, 2],
    );
  });

  refuses("smollm3", "no_rope_layers", { no_rope_layers: [1, 0, 1] });
  refuses("smollm3", "no_rope_layers", { no_rope_layers: [1, 0, 1, 2] });
  refuses("smollm3", "no_rope_layer_interval", { no_rope_layers: null, no_rope_layer_interval: 0 });
  refuses("smollm3", "layer_types", { use_sliding_window: false });

  it("fills in what the new families' files leave out with their classes' defaults, and keeps null", () => {
    const of = (model_type: string, more = {}) => normalizeConfig({ model_type, ...more });
    const glm = of("glm4_moe", { head_dim: 128 });
    assert.deepEqual([glm.nLayers, glm.normEps, glm.ropes[0]?.dim], [46, 1e-5, 64]);
    assert.deepEqual(feedForwardsOf(glm).slice(0, 2), [
      { kind: "dense", dMlp: 10944, activation: "swiGlu", bias: false },
      {
        ...moeOf(DEEPSEEK_V3),
        nExperts: 128,
        nExpertsPerToken: 8,
        dExpert: 1408,
        dShared: 1408,
      },
    ]);
    assert.equal(of("glm4_moe", { head_dim: 128, partial_rotary_factor: null }).ropes[0]?.dim, 128);
    assert.equal(of("mistral").contextLength, 131072);
    const kimi = of("kimi_k2");
    assert.equal(moeOf(kimi)?.nGroups, 8);
    assert.equal(mlaOf(kimi).qLoraRank, 1536);
    assert.equal(mlaOf(of("kimi_k2", { q_lora_rank: null })).qLoraRank, null);
    const flash = of("glm4_moe_lite");
    const kindsOf = feedForwardsOf(flash).map(({ kind }) => kind);
    assert.deepEqual(kindsOf.slice(0, 2), ["dense", "moe"]);
    assert.deepEqual([flash.normEps, mlaOf(flash).latentNormEps], [1e-5, 1e-6]);
  });

  it("rotates half of each of GLM-4.5's heads, with norms and biases where its config asks for them", () => {
    const glm = spec("glm4_moe");
    assert.deepEqual([glm.ropes[0]?.dim, gqaOf(glm).dHead], [6, 12]);
    const plan = compilePlan(spec("glm4_moe"));
    assert.deepEqual(plan.values.get("blocks.0.attn.hook_rot_q")?.shape, ["T", 4, 12]);
    const rotary = plan.ops.find(({ operator }) => operator.kind === "rope")?.operator;
    assert.ok(rotary?.kind === "rope");
    assert.deepEqual([rotary.offset, rotary.dim, rotary.layout], [0, 6, "half"]);
    const site = siteCatalog(spec("glm4_moe")).find(
      ({ name }) => name === "blocks.1.attn.hook_rot_k",
    );
    assert.deepEqual(site?.shape, ["T", 2, 12]);
    assert.match(site?.meaning ?? "", /on the first 6 dims/);
    const weights = (change: Record<string, unknown>) => [
      ...compilePlan(spec("glm4_moe", change)).weights.keys(),
    ];
    const first = (names: string[]) => names.filter((name) => /^blocks\.0\.attn\./.test(name));
    const projections = ["k", "o", "q", "v"].map((which) => `blocks.0.attn.${which}`);
    assert.deepEqual(
      first(weights({ use_qk_norm: false, attention_bias: false })).sort(),
      projections,
    );
    const more = ["k.bias", "k_norm", "q.bias", "q_norm", "v.bias"];
    assert.deepEqual(
      first(weights({})).sort(),
      [...projections, ...more.map((name) => `blocks.0.attn.${name}`)].sort(),
    );
  });

  it("drafts with a block of GLM's own kind, which is sparse", () => {
    for (const name of ["glm4_moe", "glm4_moe_lite"]) {
      assert.equal(spec(name, { num_nextn_predict_layers: 0 }).mtp, null);
      const drafting = spec(name, { num_nextn_predict_layers: 1 });
      assert.deepEqual(drafting.mtp?.layer, drafting.layers.at(-1));
      const names = ARCHITECTURES.get(name)?.names;
      assert.ok(names);
      const tensors = [...tensorUses(planMtp(drafting, { logits: "last" }), names).keys()];
      for (const tensor of [
        "eh_proj.weight",
        "shared_head.norm.weight",
        "mlp.experts.7.up_proj.weight",
        "self_attn.o_proj.weight",
      ])
        assert.ok(tensors.includes(`model.layers.2.${tensor}`), tensor);
    }
    const renamed = { num_nextn_predict_layers: undefined, num_mtp_layers: 0 };
    assert.equal(spec("glm4_moe", renamed).mtp, null);
  });

  it("counts what GLM-4.5's published files hold, the draft module's copies of both tables included", () => {
    const config = PUBLISHED_CONFIGS.find(({ name }) => name === "glm-4.5-air")?.config;
    const air = normalizeConfig(config);
    const { total, drafts } = countParameters(air);
    assert.equal(total + drafts + 2 * air.nVocab * air.dModel, 110_468_824_832);
    assert.equal(kvElementsPerToken(air), 46 * 2 * 8 * 128);
  });

  it("adds GPT-2's positions once and rotates nothing", () => {
    assert.equal(kinds("gpt2").filter((kind) => kind === "addPosition").length, 1);
    assert.ok(!kinds("gpt2").includes("rope"));
    const names = siteCatalog(spec("gpt2")).map(({ name }) => name);
    assert.ok(names.includes("blocks.0.attn.hook_q"));
    assert.ok(!names.some((name) => /hook_rot_|hook_pre_linear/.test(name)));
  });

  it("divides GPT-2's scores by the layer's number where the config says so", () => {
    const scales = (change: object) =>
      compilePlan(spec("gpt2", { n_layer: 3, ...change })).ops.flatMap(({ operator }) =>
        operator.kind === "attention" ? [operator.scale] : [],
      );
    assert.deepEqual(scales({}), [0.25, 0.25, 0.25]);
    assert.deepEqual(scales({ scale_attn_by_inverse_layer_idx: true }), [0.25, 0.125, 0.25 / 3]);
    const alone = { scale_attn_by_inverse_layer_idx: true, scale_attn_weights: false };
    assert.deepEqual(scales(alone), [1, 0.5, 1 / 3]);
  });

  it("gives V3.2 an indexer with sites, and expands only where selections leave enough to save", () => {
    const sparse = spec("deepseek_v32", { index_topk: 40 });
    assert.equal(mlaOf(sparse).indexer?.nHeads, 16);
    const names = siteCatalog(sparse).map(({ name }) => name);
    assert.ok(names.includes("blocks.2.attn.hook_index_rot_k"));
    assert.ok(names.includes("blocks.2.attn.hook_index_scores"));
    assert.ok(names.includes("blocks.2.attn.hook_topk_indices"));
    assert.equal(attentionForm(sparse, 40, 40), uniformForm(sparse, "expanded")); // breaks even at 34 queries of all keys
    assert.equal(attentionForm(sparse, 40, 100), uniformForm(sparse));
    const dense = spec("deepseek_v3");
    assert.equal(attentionForm(dense, 40, 100), uniformForm(dense, "expanded"));
  });

  for (const { name, config, parameters } of PUBLISHED_CONFIGS)
    it(`finds the ${parameters.toLocaleString("en")} parameters of ${name} in its config and its plan`, () => {
      const published = normalizeConfig(config);
      assert.equal(countParameters(published).total, parameters);
      const stored = [...compilePlan(published).weights.values()].map(({ shape }) =>
        shape.reduce((a, b) => a * b, 1),
      );
      assert.equal(
        stored.reduce((a, b) => a + b, 0),
        parameters,
      );
    });

  for (const [name, written] of [
    ["gpt2", GPT_2],
    ["qwen3-0.6b", QWEN3_0_6B],
    ["olmoe-1b-7b", OLMOE],
    ["mixtral-8x7b", MIXTRAL],
    ["gpt-oss-20b", GPT_OSS_20B],
    ["deepseek-v2-lite", DEEPSEEK_V2_LITE],
    ["mistral-7b-v0.3", MISTRAL_7B],
    ["kimi-k2", KIMI_K2],
    ["glm-4.7-flash", GLM_4_7_FLASH],
    ["glm-4.5-air", GLM_4_5_AIR],
  ] as const)
    it(`reads ${name} as it was written down by hand`, () => {
      const published = PUBLISHED_CONFIGS.find((each) => each.name === name);
      assert.ok(published);
      const read = normalizeConfig(published.config);
      const ropes = read.ropes.map((rope) => {
        assert.equal(rope.inverseFrequencies.length, rope.dim / 2);
        return { ...rope, inverseFrequencies: [] };
      });
      const rounded = (layer: LayerSpec): LayerSpec => {
        const { scale } = (written.layers[0] as LayerSpec).attention;
        assert.ok(Math.abs(layer.attention.scale / scale - 1) < 1e-14);
        return { ...layer, attention: { ...layer.attention, scale } };
      };
      const layers = read.layers.map(rounded);
      const mtp = read.mtp && { ...read.mtp, layer: rounded(read.mtp.layer) };
      assert.deepEqual({ ...read, ropes, layers, mtp }, written);
    });

  refuses("deepseek_v2", "norm_topk_prob", { norm_topk_prob: true });
  refuses("deepseek_v2", "topk_method", { topk_method: "noaux_tc" });
  refuses("deepseek_v2", "topk_group", { topk_group: 9 });
  refuses("qwen3", "attention_bias", { attention_bias: 1 });
  refuses("qwen3_moe", "mlp_only_layers", { mlp_only_layers: 3 });
  refuses("olmoe", "clip_qkv", { clip_qkv: -1 });
  refuses("olmoe", "num_experts_per_tok", { num_experts_per_tok: 9 });
  refuses("gpt2", "activation_function", { activation_function: "relu" });
  refuses("gpt2", "n_head", { n_head: 5 });
  refuses("gpt_oss", "layer_types", { layer_types: ["full_attention"] });
  refuses("gpt_oss", "swiglu_limit", { swiglu_limit: 0 });
  refuses("mistral", "layer_types", { layer_types: ["full_attention", "sliding_attention"] });
  refuses("mistral", "layer_types", { sliding_window: null, layer_types: ["sliding_attention"] });
  refuses("mistral", "attention_bias", { attention_bias: true });
  refuses("mistral", "sliding_window", { sliding_window: 0 });
  refuses("mistral", "partial_rotary_factor", { partial_rotary_factor: 0.5 });
  refuses("kimi_k2", "topk_method", { topk_method: "greedy" });
  refuses("mistral", "num_attention_heads", { head_dim: null, num_attention_heads: 7 });
  refuses("mistral", "rope_theta", { rope_parameters: null, rope_theta: 0 });
  const scaled = (change: object) => ({ rope_scaling: { factor: 2, ...change } });
  refuses("mistral", "factor", scaled({ type: "linear", factor: -2 }));
  refuses("mistral", "beta_fast", scaled({ type: "yarn", beta_fast: -3 }));
  refuses("mistral", "low_freq_factor", scaled({ type: "llama3", low_freq_factor: 0 }));
  for (const [name, alias] of [
    ["kimi_k2", "num_local_experts"],
    ["glm4_moe", "num_local_experts"],
    ["glm4_moe_lite", "head_dim"],
  ] as const)
    it(`refuses ${name} with another ${alias} than the field it stands for`, () => {
      const message = new RegExp(`expected \\w+ and ${alias} to agree`);
      assert.throws(() => spec(name, { [alias]: 20 }), { code: "ERR_CONFIG", message });
    });
  refuses("glm4_moe_lite", "mlp_layer_types", { mlp_layer_types: ["sparse"] });
  refuses("glm4_moe_lite", "mlp_layer_types", { mlp_layer_types: ["dense", "moe"] });
  refuses("glm4_moe_lite", "first_k_dense_replace", { first_k_dense_replace: 0 });
  refuses("glm4_moe_lite", "attention_bias", { attention_bias: true });
  refuses("glm4_moe_lite", "scoring_func", { scoring_func: "softmax" });
  refuses("glm4_moe", "scoring_func", { scoring_func: "softmax" });
  refuses("glm4_moe", "n_group", { n_group: 3 });
  refuses("glm4_moe", "partial_rotary_factor", {
    rope_parameters: { rope_type: "default", rope_theta: 1000, partial_rotary_factor: 0.25 },
  });
  refuses("deepseek_v32", "q_lora_rank", { q_lora_rank: null });
  refuses("deepseek_v32", "index_head_dim", { index_head_dim: 4 });
  refuses("deepseek_v32", "layer_types", { layer_types: ["full_attention"] });
});

describe("GPT-2's checkpoints", () => {
  /** The reference checkpoint under other names. */
  async function load(rename: (name: string) => string, extra: readonly string[] = []) {
    const real = await openCheckpoint(fixtureFolder("gpt2"));
    try {
      const renamed = new Map([...real.tensors.keys()].map((name) => [rename(name), name]));
      const [anEntry] = real.tensors.values();
      assert.ok(anEntry);
      const tensors = new Map(
        [...renamed].map(([name, old]) => [name, real.tensors.get(old) ?? anEntry] as const),
      );
      for (const name of extra) tensors.set(name, anEntry);
      const readInto: Checkpoint["readInto"] = (name, ...range) =>
        real.readInto(renamed.get(name) ?? name, ...range);
      const checkpoint = Object.create(real, {
        tensors: { value: tensors },
        readInto: { value: readInto },
      }) as Checkpoint;
      const backend = new ReferenceBackend();
      const plan = compilePlan(normalizeConfig(real.config));
      const { weights, ignored } = await loadWeights(checkpoint, plan, backend);
      const key = weights.get("blocks.1.attn.k");
      assert.ok(key);
      return { ignored, key: await backend.read(key) };
    } finally {
      await real.close();
    }
  }

  it("load with and without their prefix, and without the causal masks that old ones carry", async () => {
    const prefixed = await load((name) => name);
    const masks = ["h.0.attn.bias", "h.1.attn.masked_bias"];
    const bare = await load((name) => name.replace(/^transformer\./, ""), masks);
    assert.deepEqual(bare.key, prefixed.key);
    assert.deepEqual(prefixed.ignored, []);
    assert.deepEqual(bare.ignored, masks);
  });

  it("are refused with a tensor that would matter", async () => {
    await assert.rejects(
      load((name) => name, ["transformer.h.0.crossattention.c_attn.weight"]),
      (error) => error instanceof WeightsError && error.code === "ERR_TENSOR_UNEXPECTED",
    );
  });
});
