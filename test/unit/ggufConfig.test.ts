import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { ggufTokenizer } from "../../engine/tokenizer/gguf/ggufTokenizer.ts";
import { ggufConfig } from "../../engine/weights/gguf/ggufConfig.ts";
import { GGUF_FIELDS } from "../../engine/weights/gguf/ggufFields.ts";
import { ggufGeneration } from "../../engine/weights/gguf/ggufGeneration.ts";
import { GgufMetadata } from "../../engine/weights/gguf/ggufMetadata.ts";
import { type GgufValue, parseGguf } from "../../engine/weights/gguf/parseGguf.ts";
import { REFUSED_FIELDS } from "../../engine/weights/gguf/refusedFields.ts";

type Values = Readonly<Record<string, GgufValue>>;

const LLAMA: Values = {
  "general.architecture": "llama",
  "llama.block_count": 2,
  "llama.context_length": 512,
  "llama.embedding_length": 64,
  "llama.feed_forward_length": 96,
  "llama.attention.head_count": 4,
  "llama.attention.layer_norm_rms_epsilon": 1e-5,
};

function configOf(values: Values, factors: Float32Array | null = null) {
  const metadata = new Map(Object.entries({ ...LLAMA, ...values }));
  return ggufConfig(new GgufMetadata({ metadata }, "a.gguf"), () => true, 96, factors);
}

const rope = (values: Values): unknown =>
  configOf(
    Object.fromEntries(Object.entries(values).map(([key, value]) => [`llama.rope.${key}`, value])),
  ).rope_scaling;

test("a factor scales as llama.cpp scales: linear without a type, not at all where the type is none", () => {
  const plain = { rope_type: "default" };
  assert.deepEqual(rope({}), plain);
  assert.deepEqual(rope({ "scaling.factor": 4 }), { rope_type: "linear", factor: 4 });
  assert.deepEqual(rope({ scale_linear: 4 }), { rope_type: "linear", factor: 4 });
  assert.deepEqual(rope({ scale_linear: 2, "scaling.factor": 4 }), {
    rope_type: "linear",
    factor: 4,
  });
  for (const factor of [0, 1]) assert.deepEqual(rope({ "scaling.factor": factor }), plain);
  assert.deepEqual(rope({ "scaling.type": "none", "scaling.factor": 4 }), plain);
  assert.deepEqual(rope({ "scaling.type": "linear" }), plain);
  assert.equal(
    normalizeConfig(configOf({ "llama.rope.scaling.factor": 4 })).ropes[0]?.magnitude,
    1,
  );
});

test("YaRN's keys are those of config.json, and its original context the whole one by default", () => {
  const yarn = { "scaling.type": "yarn", "scaling.factor": 4 };
  const plain = { rope_type: "yarn", factor: 4, original_max_position_embeddings: 512 };
  assert.deepEqual(rope(yarn), plain);
  assert.deepEqual(rope({ ...yarn, "scaling.yarn_ext_factor": -1 }), plain);
  assert.deepEqual(
    rope({
      ...yarn,
      "scaling.original_context_length": 128,
      "scaling.yarn_beta_fast": 16,
      "scaling.yarn_beta_slow": 2,
      "scaling.yarn_attn_factor": 0.5,
    }),
    {
      ...plain,
      original_max_position_embeddings: 128,
      beta_fast: 16,
      beta_slow: 2,
      attention_factor: 0.5,
    },
  );
  assert.deepEqual(rope({ ...yarn, "scaling.attn_factor": 0.5 }), {
    ...plain,
    attention_factor: (0.1 * Math.log(4) + 1) * 0.5,
  });
  assert.deepEqual(rope({ ...yarn, "scaling.attn_factor": 0.5, "scaling.yarn_attn_factor": 3 }), {
    ...plain,
    attention_factor: 1.5,
  });
});

test("a rotation that is not carried out is refused by its key", () => {
  const refused: readonly [Values, RegExp][] = [
    [{ "scaling.type": "longrope" }, /rope\.scaling\.type to be .*"yarn", got "longrope"/],
    [{ "scaling.attn_factor": 1.2 }, /rope\.scaling\.attn_factor to be 1 without YaRN, got 1\.2/],
    [{ "scaling.type": "yarn", "scaling.yarn_ext_factor": 0 }, /yarn_ext_factor to be 1, got 0/],
    [
      { "scaling.type": "yarn", "scaling.yarn_log_multiplier": 0.1 },
      /yarn_log_multiplier to be 0, got 0\.1/,
    ],
    [{ "scaling.alpha": 2 }, /rope\.scaling\.alpha to be 0, got 2/],
    [{ dimension_sections: [16, 24, 24, 0] }, /dimension_sections to be absent/],
    [{ freq_base_swa: 1e6 }, /freq_base_swa to be the base of all layers/],
  ];
  for (const [values, message] of refused)
    assert.throws(() => rope(values), { code: "ERR_CONFIG", message });
  const ones = new Float32Array(8).fill(1);
  assert.deepEqual(configOf({}, ones).rope_scaling, { rope_type: "default" });
  assert.throws(() => configOf({ "llama.rope.scaling.factor": 4 }, ones), {
    message: /rope\.scaling\.factor to be 1 beside rope_freqs\.weight, got 4/,
  });
});

/** A value that each key may have, for those that may have any. */
const HARMLESS: Readonly<Record<string, GgufValue>> = {
  ".attention.sliding_window": 512,
  ".attention.causal": true,
  ".rope.freq_base_swa": 10_000,
  ".use_parallel_residual": false,
  ".swin_norm": false,
  ".expert_gating_func": 1,
  ".expert_weights_norm": true,
  "general.sampling.penalty_last_n": -1,
  "general.type": "model",
  "general.quantization_version": 2,
};
const HARMFUL: Readonly<Record<string, GgufValue>> = {
  ".attention.causal": false,
  ".use_parallel_residual": true,
  ".swin_norm": true,
  ".expert_weights_norm": false,
  "general.type": "adapter",
};

test("what would change numbers is refused by name, and read where it changes nothing", () => {
  for (const { key, expected } of REFUSED_FIELDS) {
    const name = key.startsWith(".") ? `llama${key}` : key;
    assert.throws(() => configOf({ [name]: HARMFUL[key] ?? 7 }), {
      name: "ConfigError",
      code: "ERR_CONFIG",
      message: new RegExp(
        `^a\\.gguf: expected ${name.replaceAll(".", "\\.")} to be .*, got .*\\. `,
      ),
    });
    if (expected !== undefined && key !== ".attention.sliding_window_pattern")
      assert.ok(configOf({ [name]: HARMLESS[key] ?? 0 }), key);
  }
  assert.throws(() => configOf({ "llama.attention.of_tomorrow": 1 }), {
    code: "ERR_CONFIG",
    message: /llama\.attention\.of_tomorrow to be absent, for it is not known here, got 1/,
  });
  assert.ok(configOf({ "general.of_tomorrow": 1, "somebody.s": 2, "llama.vocab_size": 96 }));
});

test("what may differ from layer to layer is read where it does not", () => {
  const config = configOf({ "llama.attention.head_count_kv": [2, 2] });
  assert.equal(config.num_key_value_heads, 2);
  assert.throws(() => configOf({ "llama.attention.head_count_kv": [2, 4] }), {
    message: /head_count_kv to be a number, got \[2,4\]/,
  });
});

test("the makers' sampling becomes generation_config.json", () => {
  const of = (values: Values) =>
    ggufGeneration(
      new GgufMetadata({ metadata: new Map(Object.entries({ ...LLAMA, ...values })) }, "a.gguf"),
    );
  assert.deepEqual(of({}), {});
  assert.deepEqual(
    of({
      "general.sampling.temp": 0.5,
      "general.sampling.top_k": 20,
      "general.sampling.top_p": 0.9,
      "general.sampling.min_p": 0.1,
      "general.sampling.penalty_repeat": 1.1,
      "tokenizer.ggml.eos_token_id": 2,
      "tokenizer.ggml.eot_token_id": 3,
      "tokenizer.ggml.eom_token_id": 2,
      "tokenizer.ggml.eos_token_ids": [3, 5],
      "tokenizer.ggml.suppress_tokens": [7],
    }),
    {
      eos_token_id: [2, 3, 5],
      suppress_tokens: [7],
      top_k: 20,
      top_p: 0.9,
      min_p: 0.1,
      repetition_penalty: 1.1,
      do_sample: true,
      temperature: 0.5,
    },
  );
  assert.deepEqual(of({ "general.sampling.top_k": 5 }), {
    top_k: 5,
    do_sample: true,
    temperature: 1,
  });
  assert.deepEqual(of({ "general.sampling.temp": 0, "general.sampling.top_k": 5 }), { top_k: 5 });
  assert.deepEqual(of({ "general.sampling.penalty_repeat": 1.1 }), { repetition_penalty: 1.1 });
});

/** Read from the header by what opens files, before there are typed metadata. */
const OF_HEADERS = ["split.no", "split.count", "split.tensors.count", "general.alignment"];

test("GGUF_FIELDS lists what the code reads, and nothing that it does not", () => {
  const asked = new Set(OF_HEADERS);
  class Recorded extends GgufMetadata {
    override get(key: string): GgufValue | undefined {
      const spelled = key.replace(/^(tokenizer\.chat_template)\..*/, "$1.*");
      asked.add(spelled.startsWith(".") ? `{arch}${spelled}` : spelled);
      return super.get(key);
    }
  }
  const folder = new URL("../fixtures/gguf/", import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const yarn = { "llama.rope.scaling.type": "yarn", "llama.rope.scaling.factor": 2 };
  const templates = {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.tokens": ["a"],
    "tokenizer.ggml.merges": [],
    "tokenizer.chat_template.tool_use": "",
  };
  const contents: (readonly [ReadonlyMap<string, GgufValue>, boolean])[] = [
    [new Map(Object.entries({ ...LLAMA, ...yarn, ...templates })), true],
  ];
  for (const name of files.filter((file) => file.endsWith(".gguf"))) {
    const bytes = new Uint8Array(readFileSync(new URL(name, folder)));
    const header = parseGguf(bytes, bytes.length, name);
    if (header !== null) contents.push([header.metadata, header.tensors.size > 0]);
  }
  assert.ok(contents.length > 20);
  for (const [values, isModel] of contents) {
    const metadata = new Recorded({ metadata: values }, "a.gguf");
    if (isModel) ggufConfig(metadata, () => true, 96, null);
    ggufGeneration(metadata);
    ggufTokenizer(metadata);
  }
  const names = GGUF_FIELDS.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length, "every key once");
  for (const { name, fate, note } of GGUF_FIELDS) {
    assert.equal(asked.has(name), fate !== "no effect", `${name}: ${fate}`);
    assert.match(note, /^[A-Z0-9-].*\.$/i, name);
  }
  for (const name of asked) assert.ok(names.includes(name), name);
});
