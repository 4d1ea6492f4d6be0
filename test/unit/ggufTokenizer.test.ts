import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { ggufTokenizer } from "../../engine/tokenizer/gguf/ggufTokenizer.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { GgufMetadata } from "../../engine/weights/gguf/ggufMetadata.ts";
import { type GgufValue, parseGguf } from "../../engine/weights/gguf/parseGguf.ts";

const fixtures = new URL("../fixtures/", import.meta.url);
const folder = new URL("gguf/tokenizers/", fixtures);

function json<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, fixtures), "utf8")) as T;
}

function metadataOf(name: string): GgufMetadata {
  const bytes = new Uint8Array(readFileSync(new URL(`${name}.gguf`, folder)));
  const header = parseGguf(bytes, bytes.length, name);
  assert.ok(header);
  return new GgufMetadata(header, name);
}

function tokenizerOf(name: string): Tokenizer {
  const files = ggufTokenizer(metadataOf(name));
  assert.ok(files);
  return new Tokenizer(files);
}

interface Family {
  cases: { text: string; ids: number[]; framed: number[]; decoded: string }[];
}

const byteLevel = readdirSync(folder)
  .filter((name) => name.endsWith(".gguf") && !/mixtral|invalid/.test(name))
  .map((name) => name.replace(".gguf", ""));

for (const name of byteLevel)
  test(`${name}: a GGUF file's byte-level vocabulary gives the ids of the Python library`, () => {
    const tokenizer = tokenizerOf(name);
    const { cases } = json<Family>(`tokenizer/families/${name}.json`);
    for (const { text, ids, framed, decoded } of cases) {
      assert.deepEqual(
        tokenizer.encode(text, { addSpecialTokens: false }),
        ids,
        JSON.stringify(text),
      );
      const once = framed[0] === 0 && framed[1] === 0 ? framed.slice(1) : framed; // never two
      assert.deepEqual(tokenizer.encode(text), once, JSON.stringify(text));
      assert.equal(tokenizer.decode(ids), decoded);
    }
    assert.equal(tokenizer.bosId, 0);
    assert.deepEqual(tokenizer.eosIds, [1]);
  });

test("mixtral: merges that follow from scores are those that transformers derives", () => {
  const tokenizer = tokenizerOf("mixtral");
  const cases = json<{ text: string; framed: number[] }[]>("gguf/tokenizers/mixtral.json");
  assert.ok(cases.length > 100);
  for (const { text, framed } of cases)
    assert.deepEqual(tokenizer.encode(text), framed, JSON.stringify(text));
  assert.equal(tokenizer.decode(tokenizer.encode("a 月😀", { addSpecialTokens: false })), "a 月😀");
});

test("the file's chat template is the tokenizer's", () => {
  const tokenizer = tokenizerOf("deepseek_v3");
  const ids = tokenizer.encodeChat([{ role: "user", content: "hi" }]);
  assert.equal(tokenizer.decode(ids), "<｜begin▁of▁sentence｜>hi");
  assert.equal(ids[0], tokenizer.bosId);
});

test("a file's other chat templates go by their names", () => {
  const files = ggufTokenizer(
    small({
      "tokenizer.chat_template": "a",
      "tokenizer.chat_template.tool_use": "b",
      "tokenizer.chat_templates": ["tool_use"],
    }),
  );
  assert.ok(files);
  const tokenizer = new Tokenizer(files);
  const messages = [{ role: "user", content: "hi" }] as const;
  assert.equal(tokenizer.renderChat(messages), "a");
  assert.equal(tokenizer.renderChat(messages, { template: "tool_use" }), "b");
});

test("tokens that are no UTF-8 are kept apart and shown as replacement characters", () => {
  const tokenizer = tokenizerOf("invalid_utf8");
  assert.equal(tokenizer.vocabularySize, 8);
  assert.equal(tokenizer.encode("a").at(-1), 6);
  for (const id of [3, 4, 5]) assert.match(tokenizer.decode([id]), /^\ufffd+[\ufe00-\ufe0f]*$/u);
  const ids = [3, 4, 5].map((id) => tokenizer.tokenId(tokenizer.tokenText(id)));
  assert.equal(new Set(ids).size, 3);
});

function small(values: Readonly<Record<string, GgufValue>>): GgufMetadata {
  const plain = {
    "general.architecture": "llama",
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "gpt-2",
    "tokenizer.ggml.tokens": ["a", "b", "ab"],
    "tokenizer.ggml.merges": ["a b"],
  };
  return new GgufMetadata({ metadata: new Map(Object.entries({ ...plain, ...values })) }, "m.gguf");
}

test("what is not understood of a tokenizer is refused by its key, with what to use", () => {
  const refused: readonly [string, GgufValue, RegExp][] = [
    ["model", "bert", /to be "gpt2", "gemma4", "whitespace" or "llama", got "bert"/],
    ["model", "t5", /got "t5"/],
    ["model", "rwkv", /got "rwkv"/],
    ["model", "plamo2", /got "plamo2"/],
    ["model", "hybriddna", /got "hybriddna"/],
    ["pre", "nobody's", /to be one of \d+ names such as .*smollm, got "nobody's"/],
    ["add_space_prefix", true, /to be false, got true/],
    ["remove_extra_whitespaces", true, /to be false, got true/],
    ["precompiled_charsmap", [1, 2], /to be absent, got \[1,2\]/],
    ["normalizer.lowercase", true, /to be false, got true/],
    ["of_tomorrow", 2n ** 60n, /to be absent, for it is not known here, got "1152921504606846976"/],
  ];
  for (const [key, value, message] of refused)
    assert.throws(() => ggufTokenizer(small({ [`tokenizer.ggml.${key}`]: value })), {
      name: "ConfigError",
      code: "ERR_TOKENIZER",
      message: new RegExp(
        `^m\\.gguf: expected tokenizer\\.ggml\\.${key} .*${message.source.replace(/^to be /, "")}.*\\. Use the safetensors checkpoint`,
      ),
    });
  for (const [key, id] of [
    ["add_bos_token", "bos"],
    ["add_eos_token", "eos"],
  ] as const) {
    const values = { [`tokenizer.ggml.${key}`]: true };
    assert.throws(() => ggufTokenizer(small(values)), {
      code: "ERR_TOKENIZER",
      message: new RegExp(`tokenizer\\.ggml\\.${id}_token_id to be a number`),
    });
    assert.ok(ggufTokenizer(small({ ...values, [`tokenizer.ggml.${id}_token_id`]: 1 })));
  }
});

test("a file without a name for the cuts, or of no vocabulary at all, is as llama.cpp has it", () => {
  const files = ggufTokenizer(small({ "tokenizer.ggml.pre": "default" }));
  const metadata = small({});
  const without = new Map([...metadata.keys()].map((key) => [key, metadata.get(key)] as const));
  without.delete("tokenizer.ggml.pre");
  const entries = [...without].filter((entry): entry is [string, GgufValue] => !!entry[1]);
  assert.deepEqual(
    ggufTokenizer(new GgufMetadata({ metadata: new Map(entries) }, "m.gguf")),
    files,
  );
  for (const kind of ["none", "no_vocab"])
    assert.equal(ggufTokenizer(small({ "tokenizer.ggml.model": kind })), null);
});

test("SentencePiece's ids that begin and end a text have llama.cpp's defaults", () => {
  const files = ggufTokenizer(
    small({
      "tokenizer.ggml.model": "llama",
      "tokenizer.ggml.tokens": ["<unk>", "<s>", "</s>", "▁", "a", "▁a"],
      "tokenizer.ggml.scores": [0, 0, 0, -3, -2, -1],
      "tokenizer.ggml.token_type": [2, 3, 3, 1, 1, 1],
    }),
  );
  assert.ok(files);
  const tokenizer = new Tokenizer(files);
  assert.deepEqual(tokenizer.encode("a"), [1, 5]);
  assert.deepEqual(tokenizer.eosIds, [2]);
});
