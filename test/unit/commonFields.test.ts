import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  commonFields,
  declaredDType,
  gqaSpec,
  PLAIN_TRAITS,
  windowsOf,
} from "../../engine/model/architectures/common.ts";
import { ConfigReader } from "../../engine/model/configReader.ts";

const FIELDS = {
  model_type: "llama",
  num_hidden_layers: 2,
  hidden_size: 64,
  vocab_size: 100,
  max_position_embeddings: 512,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: false,
};
const HEADS = { num_attention_heads: 4, num_key_value_heads: 2 };
const code = "ERR_CONFIG";
const heads = (config: object, dModel = 64) =>
  gqaSpec(new ConfigReader({ ...HEADS, ...config }), dModel, PLAIN_TRAITS);

describe("heads of a config", () => {
  test("scale scores by one over the root of their width", () => {
    assert.equal(heads({}).dHead, 16);
    assert.equal(heads({}).scale, 1 / 4);
    assert.equal(heads({ head_dim: 64 }).scale, 1 / 8);
  });

  test("are key heads too where nothing else is said, and a multiple of those", () => {
    assert.equal(heads({ num_key_value_heads: null }).nKvHeads, 4);
    assert.equal(heads({ num_key_value_heads: 1 }).nKvHeads, 1);
    assert.throws(() => heads({ num_key_value_heads: 3 }), {
      code,
      message: /a divisor of .* \(4\)/,
    });
  });

  test("are even, whole and of a width that some model could have", () => {
    assert.throws(() => heads({ head_dim: 15 }), { code, message: /head_dim to be even/ });
    assert.throws(() => heads({}, 66), { code, message: /head_dim/ });
    assert.equal(heads({ head_dim: 65_536 }).dHead, 65_536);
    assert.throws(() => heads({ head_dim: 65_538 }), { code });
  });
});

describe("fields of a config", () => {
  const fields = (config: object = {}) => commonFields(new ConfigReader({ ...FIELDS, ...config }));

  test("are read under the names that nearly every family gives them", () => {
    assert.deepEqual(fields(), {
      architecture: "llama",
      nLayers: 2,
      dModel: 64,
      nVocab: 100,
      contextLength: 512,
      norm: "rms",
      normEps: 1e-6,
      learnedPositions: false,
      mtp: null,
      tiedEmbeddings: false,
      dtype: "float32",
    });
    const given = fields({ rms_norm_eps: 1e-5, tie_word_embeddings: true, torch_dtype: "float16" });
    assert.deepEqual([given.normEps, given.tiedEmbeddings, given.dtype], [1e-5, true, "float16"]);
  });

  test("name the dtype in the new way before the old", () => {
    const both = new ConfigReader({ dtype: "bfloat16", torch_dtype: "float16" });
    assert.equal(declaredDType(both), "bfloat16");
  });

  test("are refused where the engine cannot carry them out", () => {
    fields({ hidden_act: "silu" });
    assert.throws(() => fields({ hidden_act: "gelu" }), { code });
    assert.throws(() => fields({ num_hidden_layers: 10_001 }), { code });
  });
});

test("each layer's window comes from its type", () => {
  const config = new ConfigReader({ sliding_window: 128 });
  const types = ["full_attention", "sliding_attention"];
  assert.deepEqual(windowsOf(config, types, 2), [null, 128]);
  assert.throws(() => windowsOf(config, types, 3), { code, message: /each of 3 layers/ });
  assert.throws(() => windowsOf(config, ["full_attention", "other"], 2), { code });
  assert.throws(() => windowsOf(new ConfigReader({}), types, 2), {
    code,
    message: /sliding_window/,
  });
});
