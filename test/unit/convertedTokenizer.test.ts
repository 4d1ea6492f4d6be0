import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { JsonObject } from "../../engine/base/json.ts";
import { fromVocabMerges } from "../../engine/tokenizer/fromVocabMerges.ts";
import { fromSentencePiece } from "../../engine/tokenizer/sentencepiece/fromSentencePiece.ts";
import { parseSentencePiece } from "../../engine/tokenizer/sentencepiece/sentencePieceModel.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";

interface Case {
  text: string;
  ids: number[];
}
interface OfClass {
  config: JsonObject;
  roles: Record<string, string>;
  cases: Case[];
}
interface Golden {
  models: Record<string, { cases: (Case & { decoded: string })[]; llama?: OfClass; t5?: OfClass }>;
  vocabMerges: (OfClass & { family: string; model_type: string })[];
}

const fixtures = new URL("../fixtures/tokenizer/", import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(new URL(path, fixtures), "utf8"));
const golden = read("converted.json") as Golden;

function bytesOf(name: string): Uint8Array {
  return gunzipSync(readFileSync(new URL(`sentencepiece/${name}.model.gz`, fixtures)));
}

function sentencePiece(name: string, tokenizerConfig: JsonObject = {}): Tokenizer {
  const settings = { tokenizerConfig, config: { model_type: "llama" } };
  const model = parseSentencePiece(bytesOf(name), "tokenizer.model");
  return new Tokenizer({ ...settings, ...fromSentencePiece(model, settings) });
}

for (const [name, { cases, llama, t5 }] of Object.entries(golden.models)) {
  test(`${name}: a SentencePiece model gives the ids of SentencePiece`, () => {
    const tokenizer = sentencePiece(name);
    assert.ok(cases.length > 100);
    for (const { text, ids } of cases)
      assert.deepEqual(
        tokenizer.encode(text, { addSpecialTokens: false }),
        ids,
        JSON.stringify(text),
      );
  });

  for (const given of [llama, t5])
    if (given !== undefined)
      test(`${name}: ${given.config.tokenizer_class} frames texts and finds special tokens as in transformers`, () => {
        const tokenizer = sentencePiece(name, given.config);
        for (const { text, ids } of given.cases)
          assert.deepEqual(tokenizer.encode(text), ids, JSON.stringify(text));
        for (const [role, token] of Object.entries(given.roles))
          assert.ok(tokenizer.isSpecial(tokenizer.tokenId(token) ?? -1), role);
      });
}

for (const { family, model_type, config, cases } of golden.vocabMerges)
  test(`${family}: vocab.json with merges.txt gives the ids of transformers (${JSON.stringify(config)})`, () => {
    const { vocab, merges } = read(`families/${family}.json`).tokenizer.model;
    const lines = merges.map((pair: [string, string]) => pair.join(" "));
    const settings = { config: { model_type }, ...(config && { tokenizerConfig: config }) };
    const files = fromVocabMerges(vocab, `#version: 0.2\n${lines.join("\n")}\n`, settings);
    const tokenizer = new Tokenizer({ ...settings, ...files });
    for (const { text, ids } of cases) {
      const writesBos =
        config?.bos_token !== undefined && text.startsWith(String(config.bos_token));
      assert.deepEqual(
        tokenizer.encode(text),
        writesBos ? ids.slice(1) : ids,
        JSON.stringify(text),
      ); // never two
    }
  });

test("pieces that SentencePiece keeps to itself are not spelled by a text", () => {
  const escaped = { addSpecialTokens: false, specialTokensInText: "escape" } as const;
  for (const name of ["bpe", "unigram_bytes"]) {
    const tokenizer = sentencePiece(name);
    for (const text of ["<s>", "</s>", "<unk>", "<0x41>"]) {
      const ids = tokenizer.encode(text, escaped);
      assert.ok(ids.length > 1, text);
      assert.equal(tokenizer.decode(ids), text);
    }
  }
});

test("tokenizer_config.json can take away the space before the text", () => {
  const [ids, whole] = [{ add_prefix_space: false }, {}].map((config) =>
    sentencePiece("bpe", config).encode("hello", { addSpecialTokens: false }),
  );
  assert.notDeepEqual(ids, whole);
  assert.equal(sentencePiece("bpe", { add_prefix_space: false }).decode(ids ?? []), "hello");
});

test("a piece that was kept free takes the name that tokenizer_config.json gives it", () => {
  const decoder = { "300": { content: "<|tool|>", special: true } };
  const tokenizer = sentencePiece("bpe", { added_tokens_decoder: decoder });
  assert.deepEqual(tokenizer.encode("<|tool|>", { addSpecialTokens: false }), [300]);
});

test("damaged SentencePiece models and other formats are refused by name", () => {
  const whole = bytesOf("bpe");
  const tiktoken = new TextEncoder().encode("IQ== 0\nIg== 1\n");
  for (const [bytes, got] of [
    [whole.subarray(0, whole.length - 3), /got bytes that are none/],
    [new Uint8Array(), /got no pieces/],
    [tiktoken, /got a tiktoken vocabulary/],
    [new TextEncoder().encode("version https://git-lfs"), /got bytes that are none/],
  ] as const)
    assert.throws(() => parseSentencePiece(bytes, "tokenizer.model"), {
      code: "ERR_TOKENIZER_MISSING",
      message: got,
    });
});

test("vocab.json of a class that cuts text in an unknown way is refused with the class and the fix", () => {
  const config = { tokenizer_class: "RobertaTokenizer" };
  assert.throws(() => fromVocabMerges({}, "", { tokenizerConfig: config }), {
    code: "ERR_TOKENIZER_MISSING",
    message: /tokenizer_class "RobertaTokenizer".*save_pretrained/,
  });
  const gpt2 = { tokenizerConfig: { tokenizer_class: "GPT2Tokenizer" } };
  assert.throws(() => fromVocabMerges({ a: 0 }, "a b c\n", gpt2), { code: "ERR_TOKENIZER" });
});
