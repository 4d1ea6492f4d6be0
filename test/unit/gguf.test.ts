import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { widen } from "../../engine/backend/widen.ts";
import { loadModel } from "../../engine/index.node.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { GGUF_TYPES, isGgufBlockType } from "../../engine/weights/gguf/ggufTypes.ts";
import { type GgufCheckpoint, openGguf } from "../../engine/weights/gguf/openGguf.node.ts";
import { parseGguf } from "../../engine/weights/gguf/parseGguf.ts";
import { shardName } from "../../engine/weights/gguf/shardName.ts";
import { unpackGguf } from "../../engine/weights/gguf/unpackGguf.ts";
import { hashModel } from "../../engine/weights/hashModel.node.ts";
import { ggufBytes, type TensorToWrite } from "../fixtures/ggufBytes.ts";
import { gqaOf } from "../fixtures/layers.ts";
import { GLM_4_7_FLASH } from "../fixtures/publishedSpecs.ts";
import { readNpy } from "../fixtures/readNpy.ts";
import { temporaryFolder } from "../fixtures/temporaryFolder.ts";

const fixtures = new URL("../fixtures/gguf/", import.meta.url);

const BLOCK_TYPES = Object.keys(GGUF_TYPES).filter(isGgufBlockType);
assert.equal(BLOCK_TYPES.length, 13);

for (const type of BLOCK_TYPES)
  test(`blocks of ${type} stand for ggml's numbers, bit for bit`, () => {
    const name = new URL(`blocks/${type.toLowerCase()}`, fixtures);
    const expected = readNpy(`${name.pathname}.npy`).data;
    const values = new Float32Array(expected.length);
    widen(unpackGguf("w", type, new Uint8Array(readFileSync(`${name.pathname}.bin`))), values, 0);
    for (const [i, value] of expected.entries()) assert.equal(values[i], value, `number ${i}`);
  });

/** Where the high bytes of a block's scales lie, and one that makes a scale infinite or NaN. */
const NOT_FINITE: Readonly<Record<(typeof BLOCK_TYPES)[number], readonly [number, number][]>> = {
  Q8_0: [[1, 0x7c]],
  Q4_0: [[1, 0xfe]],
  Q4_1: [
    [1, 0x7c],
    [3, 0xfc],
  ],
  Q5_0: [[1, 0x7c]],
  Q5_1: [
    [1, 0x7e],
    [3, 0x7c],
  ],
  MXFP4: [[0, 0xff]],
  Q2_K: [
    [81, 0x7c],
    [83, 0x7e],
  ],
  Q3_K: [[109, 0x7c]],
  Q4_K: [
    [1, 0x7c],
    [3, 0x7e],
  ],
  Q5_K: [
    [1, 0xfe],
    [3, 0x7c],
  ],
  Q6_K: [[209, 0xfc]],
  IQ4_NL: [[1, 0x7c]],
  IQ4_XS: [[1, 0x7e]],
};

test("a scale that is no finite number is refused with its block", () => {
  for (const type of BLOCK_TYPES)
    for (const [at, high] of NOT_FINITE[type]) {
      const { bytes } = GGUF_TYPES[type];
      const data = new Uint8Array(2 * bytes);
      data[bytes + at] = high;
      assert.throws(() => unpackGguf("w", type, data), {
        name: "WeightsError",
        code: "ERR_WEIGHTS_NAN",
        message: /^w: expected finite scales, got .* 1\./,
      });
      assert.throws(() => unpackGguf("w", type, data, { before: 7 * bytes }), / 8\./);
    }
});

const LLAMA = {
  "general.architecture": "llama",
  "llama.block_count": 1,
  "llama.context_length": 64,
  "llama.embedding_length": 8,
  "llama.feed_forward_length": 16,
  "llama.attention.head_count": 2,
  "llama.attention.layer_norm_rms_epsilon": 1e-5,
};
const DEEPSEEK = {
  "general.architecture": "deepseek2",
  "deepseek2.block_count": 2,
  "deepseek2.context_length": 64,
  "deepseek2.embedding_length": 8,
  "deepseek2.feed_forward_length": 16,
  "deepseek2.attention.head_count": 2,
  "deepseek2.attention.kv_lora_rank": 8,
  "deepseek2.attention.key_length": 12,
  "deepseek2.attention.value_length": 8,
  "deepseek2.rope.dimension_count": 4,
  "deepseek2.expert_count": 160,
  "deepseek2.expert_used_count": 6,
  "deepseek2.expert_feed_forward_length": 8,
  "deepseek2.attention.layer_norm_rms_epsilon": 1e-6,
};
const EMBEDDING = matrix("token_embd.weight", [4, 8]);

function matrix(name: string, shape: readonly number[], type = 0): TensorToWrite {
  const count = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: count }, (_, i) => i);
  return { name, shape, type, data: new Uint8Array(data.buffer) };
}

async function opened(
  t: TestContext,
  metadata: Parameters<typeof ggufBytes>[0],
  tensors: readonly TensorToWrite[] = [EMBEDDING],
): Promise<GgufCheckpoint> {
  const path = join(await temporaryFolder(t), "model.gguf");
  await writeFile(path, ggufBytes(metadata, tensors));
  const checkpoint = await openGguf(path);
  t.after(() => checkpoint.close());
  return checkpoint;
}

test("query and key rows come back in transformers' order, whole or by range", async (t) => {
  const checkpoint = await opened(t, LLAMA, [EMBEDDING, matrix("blk.0.attn_q.weight", [8, 8])]);
  const name = "model.layers.0.self_attn.q_proj.weight";
  const rows = (bytes: Uint8Array<ArrayBuffer>) =>
    [...new Float32Array(bytes.buffer)].filter((_, i) => i % 8 === 0).map((first) => first / 8);
  assert.deepEqual(rows(await checkpoint.readTensor(name)), [0, 2, 1, 3, 4, 6, 5, 7]);
  assert.deepEqual(rows(await checkpoint.readRange(name, 32, 64)), [2, 1]);
  const target = new Uint8Array(32);
  await checkpoint.readInto(name, 96, target);
  assert.deepEqual(rows(target), [3]);
  await assert.rejects(checkpoint.readRange(name, 0, 257), { code: "ERR_RANGE" });
  await assert.rejects(checkpoint.readTensor("nope"), { code: "ERR_TENSOR_MISSING" });
  await checkpoint.close();
  await assert.rejects(checkpoint.readTensor(name), { code: "ERR_WEIGHTS_READ" });
});

test("split halves of DeepSeek's key and value expansion are joined head by head", async (t) => {
  const checkpoint = await opened(t, { ...DEEPSEEK, "deepseek2.expert_count": 8 }, [
    EMBEDDING,
    matrix("blk.0.attn_k_b.weight", [2, 3, 2]), // (H, C, P)
    matrix("blk.0.attn_v_b.weight", [2, 1, 3]), // (H, V, C)
  ]);
  const bytes = await checkpoint.readTensor("model.layers.0.self_attn.kv_b_proj.weight");
  const head = (k: number, v: number) =>
    [0, 2, 4, 1, 3, 5].map((i) => k + i).concat([v, v + 1, v + 2]);
  assert.deepEqual([...new Float32Array(bytes.buffer)], [...head(0, 0), ...head(6, 3)]);
});

test("old files of small DeepSeek models have no groups; of large ones they are refused, for want of them", async (t) => {
  const { config } = await opened(t, { ...DEEPSEEK, "deepseek2.expert_count": 64 });
  assert.equal(config.topk_method, "greedy");
  const grouped = { "deepseek2.expert_group_count": 8, "deepseek2.expert_group_used_count": 3 };
  const { config: large } = await opened(t, { ...DEEPSEEK, ...grouped });
  assert.deepEqual(
    [large.topk_method, large.n_group, large.topk_group],
    ["group_limited_greedy", 8, 3],
  );
  await assert.rejects(opened(t, DEEPSEEK), {
    code: "ERR_CONFIG",
    message: /expert_group_count to be a number, got nothing. Convert the model with a newer/,
  });
});

const GLM = {
  "general.architecture": "glm4moe",
  "glm4moe.block_count": 3,
  "glm4moe.nextn_predict_layers": 1,
  "glm4moe.context_length": 64,
  "glm4moe.embedding_length": 8,
  "glm4moe.feed_forward_length": 16,
  "glm4moe.attention.head_count": 2,
  "glm4moe.attention.key_length": 24,
  "glm4moe.rope.dimension_count": 10,
  "glm4moe.attention.layer_norm_rms_epsilon": 1e-5,
  "glm4moe.expert_count": 4,
  "glm4moe.expert_used_count": 2,
  "glm4moe.expert_feed_forward_length": 8,
};

test("GLM-4.5's files say how much of a head rotates, and its tensors whether it has biases and norms", async (t) => {
  const plain = normalizeConfig((await opened(t, GLM)).config);
  assert.equal(plain.ropes[0]?.dim, 10);
  assert.deepEqual([gqaOf(plain).qkvBias, gqaOf(plain).queryKeyNorm], [false, null]);
  const more = ["attn_q.bias", "attn_q_norm.weight"].map((name) => matrix(`blk.0.${name}`, [24]));
  const attention = gqaOf(normalizeConfig((await opened(t, GLM, [EMBEDDING, ...more])).config));
  assert.deepEqual([attention.qkvBias, attention.queryKeyNorm], [true, "head"]);
  await assert.rejects(opened(t, { ...GLM, "glm4moe.expert_gating_func": 1 }), {
    code: "ERR_CONFIG",
    message: /expert_gating_func to be 0 or 2, got 1/,
  });
});

test("GLM-4.7-Flash is a deepseek2 of other sizes, whose latents keep their own epsilon", async (t) => {
  const flash = {
    block_count: 47,
    context_length: 202752,
    embedding_length: 2048,
    feed_forward_length: 10240,
    leading_dense_block_count: 1,
    "attention.head_count": 20,
    "attention.head_count_kv": 1,
    "attention.key_length": 576,
    "attention.key_length_mla": 256,
    "attention.value_length": 512,
    "attention.value_length_mla": 256,
    "attention.q_lora_rank": 768,
    "attention.kv_lora_rank": 512,
    "attention.layer_norm_rms_epsilon": 1e-5,
    "rope.dimension_count": 64,
    "rope.freq_base": 1e6,
    expert_count: 64,
    expert_used_count: 4,
    expert_shared_count: 1,
    expert_feed_forward_length: 1536,
    expert_gating_func: 2,
    expert_group_count: 1,
    expert_group_used_count: 1,
    expert_weights_norm: true,
    expert_weights_scale: 1.8,
  };
  const entries = Object.entries(flash).map(([key, value]) => [`deepseek2.${key}`, value] as const);
  const metadata = { "general.architecture": "deepseek2", ...Object.fromEntries(entries) };
  const read = normalizeConfig((await opened(t, metadata)).config);
  const float32 = (object: object) =>
    JSON.parse(JSON.stringify(object), (_, value) =>
      typeof value === "number" ? Math.fround(value) : value,
    );
  const { layers, normEps } = GLM_4_7_FLASH;
  assert.deepEqual(
    float32({ layers: read.layers, normEps: read.normEps }),
    float32({ layers, normEps }),
  );
});

test("layers that draft are not the model's, and have their tensors' names", async (t) => {
  const nextn = [
    "eh_proj",
    "embed_tokens",
    "enorm",
    "hnorm",
    "shared_head_head",
    "shared_head_norm",
  ];
  const drafts = nextn.map((name) => matrix(`blk.2.nextn.${name}.weight`, [4, 8]));
  const deepseek = { "deepseek2.expert_count": 8, "deepseek2.block_count": 3 };
  for (const metadata of [GLM, { ...DEEPSEEK, ...deepseek, "deepseek2.nextn_predict_layers": 1 }]) {
    const { config, tensors } = await opened(t, metadata, [EMBEDDING, ...drafts]);
    const { nLayers, mtp } = normalizeConfig(config);
    assert.equal(nLayers, 2);
    assert.equal(mtp?.layer.feedForward.kind, "moe");
    const names = nextn.map((name) => name.replace("shared_head_", "shared_head."));
    for (const name of names) assert.ok(tensors.has(`model.layers.2.${name}.weight`), name);
  }
});

test("a draft module's packed projection is cut in halves, and nothing of its file is left over", async () => {
  const model = await loadModel(new URL("glm4_moe.gguf", fixtures).pathname, {
    backend: "reference",
  });
  assert.deepEqual(model.ignoredTensors, []);
  assert.equal(model.spec.mtp?.ownHead, false);
  assert.equal(model.spec.nLayers, 2);
  model.dispose();
});

test("what this engine does not run is refused with a sentence", async (t) => {
  const cases: readonly [Record<string, string | number>, string, RegExp][] = [
    [{ "general.architecture": "mamba" }, "ERR_ARCHITECTURE", /got "mamba"\. Use the safetensors/],
    [{ "llama.block_count": 5000 }, "ERR_CONFIG", /each of 5000 layers, got \d+ tensors in all/],
    [{ "llama.rope.dimension_count": 2 }, "ERR_CONFIG", /the size of a head, 4, got 2/],
    [
      { "llama.rope.scaling.type": "longrope", "llama.rope.scaling.factor": 2 },
      "ERR_CONFIG",
      /"longrope"/,
    ],
    [{ "llama.block_count": "two" }, "ERR_CONFIG", /block_count to be a number, got "two"/],
  ];
  for (const [change, code, message] of cases)
    await assert.rejects(opened(t, { ...LLAMA, ...change }), { code, message });
  await assert.rejects(opened(t, LLAMA, [{ ...EMBEDDING, type: 34 }]), {
    code: "ERR_TENSOR_DTYPE",
    message: /token_embd\.weight: expected one of F32, .*, got TQ1_0 in model\.gguf/,
  });
  const { config } = await opened(t, LLAMA);
  assert.equal(normalizeConfig(config).architecture, "llama");
});

/** The tensors of a file, dealt out over parts as llama.cpp's gguf-split does: metadata in the first alone. */
async function writeParts(
  folder: string,
  sound: Uint8Array<ArrayBuffer>,
  tensorsIn: readonly number[],
  change: (metadata: Record<string, number>, part: number) => void = () => {},
): Promise<void> {
  const header = parseGguf(sound, sound.length, "sound");
  assert.ok(header);
  const all = [...header.tensors].map(([name, { type, shape, byteOffset, byteLength }]) => ({
    name,
    shape,
    type: GGUF_TYPES[type].number,
    data: sound.subarray(byteOffset, byteOffset + byteLength),
  }));
  const count = tensorsIn.length;
  let from = 0;
  for (const [i, size] of tensorsIn.entries()) {
    const own = { "split.no": i, "split.count": count, "split.tensors.count": all.length };
    change(own, i);
    const metadata = i === 0 ? { ...Object.fromEntries(header.metadata), ...own } : own;
    const bytes = ggufBytes(
      metadata as Parameters<typeof ggufBytes>[0],
      all.slice(from, from + size),
    );
    await writeFile(join(folder, shardName({ prefix: "m", number: i + 1, count })), bytes);
    from += size;
  }
}

test("a model in several files runs, whichever of them is named, with the numbers of one file", async (t) => {
  const folder = await temporaryFolder(t);
  const path = new URL("llama_q4_0.gguf", fixtures).pathname;
  const sound = new Uint8Array(await readFile(path));
  await writeParts(folder, sound, [0, 9, 12]);
  const [one, third] = [
    await openGguf(path),
    await openGguf(join(folder, "m-00003-of-00003.gguf")),
  ];
  t.after(() => Promise.all([one.close(), third.close()]));
  assert.equal(third.name, "m");
  assert.deepEqual([...third.tensors.keys()].sort(), [...one.tensors.keys()].sort());
  assert.deepEqual(
    third.files,
    [1, 2, 3].map((number) => shardName({ prefix: "m", number, count: 3 })),
  );
  for (const name of one.tensors.keys())
    assert.deepEqual(await third.readTensor(name), await one.readTensor(name), name);
  const [whole, parted] = [
    await loadModel(path, { backend: "reference" }),
    await loadModel(join(folder, "m-00001-of-00003.gguf"), { backend: "reference" }),
  ];
  const logits = async (model: typeof whole) =>
    (await model.run([3, 1, 4], { logits: "all" })).logits.data;
  assert.deepEqual(await logits(parted), await logits(whole));
  whole.dispose();
  parted.dispose();
  const before = await hashModel(join(folder, "m-00001-of-00003.gguf"));
  await writeParts(folder, sound, [0, 9, 12], (metadata, i) => {
    if (i === 0) metadata["llama.context_length"] = 64;
  });
  assert.notEqual(await hashModel(join(folder, "m-00001-of-00003.gguf")), before);
});

test("parts that are missing, of another place or of another model are named", async (t) => {
  const folder = await temporaryFolder(t);
  const sound = new Uint8Array(await readFile(new URL("llama_q4_0.gguf", fixtures)));
  const opens = async (change?: Parameters<typeof writeParts>[3]) => {
    await writeParts(folder, sound, [10, 11], change);
    return openGguf(join(folder, "m-00001-of-00002.gguf"));
  };
  await assert.rejects(
    opens((metadata, i) => {
      if (i === 1) metadata["split.no"] = 0;
    }),
    {
      code: "ERR_WEIGHTS_FORMAT",
      message: /^m-00002-of-00002\.gguf: expected split\.no to be 1, got 0/,
    },
  );
  await assert.rejects(
    opens((metadata) => {
      metadata["split.tensors.count"] = 22;
    }),
    { code: "ERR_TENSOR_MISSING", message: /expected 22 tensors in all parts.*got 21/ },
  );
  await assert.rejects(
    opens((metadata, i) => {
      if (i === 1) metadata["split.count"] = 3;
    }),
    { code: "ERR_WEIGHTS_FORMAT", message: /^m-00002.*split\.count to be 2, got 3/ },
  );
  await writeParts(folder, sound, [10, 11]);
  await copyFile(join(folder, "m-00001-of-00002.gguf"), join(folder, "renamed.gguf"));
  await assert.rejects(openGguf(join(folder, "renamed.gguf")), {
    code: "ERR_WEIGHTS_FORMAT",
    message: /expected a name that ends as -00001-of-00002\.gguf does/,
  });
  await rm(join(folder, "m-00001-of-00002.gguf"));
  await assert.rejects(openGguf(join(folder, "m-00002-of-00002.gguf")), {
    code: "ERR_WEIGHTS_MISSING",
    message:
      /^m-00001-of-00002\.gguf: expected 2 parts in .*, got 1; missing: m-00001-of-00002\.gguf/,
  });
});

test("damaged files are told from files of another kind and from cut ones", async (t) => {
  const folder = await temporaryFolder(t);
  const sound = new Uint8Array(await readFile(new URL("llama_q4_0.gguf", fixtures)));
  const broken = async (change: (bytes: Uint8Array) => Uint8Array) => {
    const path = join(folder, "broken.gguf");
    await writeFile(path, change(sound.slice()));
    return openGguf(path);
  };
  const set = (at: number, byte: number) => (bytes: Uint8Array) => {
    bytes[at] = byte;
    return bytes;
  };
  const format = { name: "WeightsError", code: "ERR_WEIGHTS_FORMAT" };
  await assert.rejects(broken(set(0, 0x50)), { ...format, message: /the letters GGUF/ });
  await assert.rejects(broken(set(15, 0x7f)), { ...format, message: /tensors in the rest/ });
  await assert.rejects(
    broken((bytes) => bytes.slice(0, 1200)),
    { code: "ERR_WEIGHTS_TRUNCATED" },
  );
  await assert.rejects(
    broken((bytes) => bytes.slice(0, -64)),
    { code: "ERR_WEIGHTS_TRUNCATED" },
  );
  await assert.rejects(openGguf(join(folder, "none.gguf")), { code: "ERR_WEIGHTS_MISSING" });
});

/** A model of one layer, with a vocabulary of four. */
const SMALLEST = {
  ...LLAMA,
  "tokenizer.ggml.model": "gpt2",
  "tokenizer.ggml.pre": "gpt-2",
  "tokenizer.ggml.tokens": ["a", "b", "ab", "e"],
  "tokenizer.ggml.merges": ["a b"],
  "tokenizer.ggml.eos_token_id": 3,
  "tokenizer.chat_template": "{% for message in messages %}{{ message.content }}{% endfor %}",
};
const SMALLEST_TENSORS = [
  EMBEDDING,
  matrix("output_norm.weight", [8]),
  matrix("blk.0.attn_norm.weight", [8]),
  matrix("blk.0.ffn_norm.weight", [8]),
  ...Object.entries({ attn_q: 8, attn_k: 8, attn_v: 8, attn_output: 8, ffn_gate: 16 }).map(
    ([name, rows]) => matrix(`blk.0.${name}.weight`, [rows, 8]),
  ),
  matrix("blk.0.ffn_up.weight", [16, 8]),
  matrix("blk.0.ffn_down.weight", [8, 16]),
];

test("one file is a whole model: weights, tokenizer, chat template and what ends a text", async (t) => {
  const path = join(await temporaryFolder(t), "model.gguf");
  await writeFile(path, ggufBytes(SMALLEST, SMALLEST_TENSORS));
  const model = await loadModel(path, { backend: "reference" });
  assert.deepEqual(model.tokenizer?.encode("aba"), [2, 0]);
  assert.deepEqual(model.tokenizer?.eosIds, [3]);
  assert.ok(model.tokenizer?.hasChatTemplate);
  const run = await model.run("aba");
  assert.deepEqual(run.logits.shape, [1, 4]);
  model.dispose();
});

test("a model whose tokenizer is not understood takes token ids, and refuses text by the key", async (t) => {
  const folder = await temporaryFolder(t);
  const cases: readonly [Record<string, string>, string, RegExp][] = [
    [{ "tokenizer.ggml.pre": "nobody's" }, "ERR_TOKENIZER", /tokenizer\.ggml\.pre .*"nobody's"/],
    [{ "tokenizer.ggml.model": "t5" }, "ERR_TOKENIZER", /tokenizer\.ggml\.model .*"t5"/],
    [{ "tokenizer.ggml.model": "none" }, "ERR_TOKENIZER_MISSING", /tokenizer\.ggml\.tokens/],
  ];
  for (const [change, code, message] of cases) {
    const path = join(folder, "model.gguf");
    await writeFile(path, ggufBytes({ ...SMALLEST, ...change }, SMALLEST_TENSORS));
    const model = await loadModel(path, { backend: "reference" });
    const run = await model.run([2, 0]);
    assert.deepEqual(run.logits.shape, [1, 4]);
    const ids: number[] = [];
    for await (const { id } of model.generate([2, 0], { maxTokens: 2, ignoreEos: true }))
      ids.push(id);
    assert.equal(ids.length, 2);
    assert.throws(() => model.tokenizer, { name: "ConfigError", code, message });
    await assert.rejects(model.run("ab"), { code, message });
    model.dispose();
  }
});
