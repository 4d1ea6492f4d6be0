import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import type { JsonObject } from "../../engine/base/json.ts";
import { precompiledNormalizer } from "../../engine/tokenizer/sentencepiece/precompiledNormalizer.ts";
import { parseSentencePiece } from "../../engine/tokenizer/sentencepiece/sentencePieceModel.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";

const fixtures = new URL("../fixtures/tokenizer/", import.meta.url);
const golden = JSON.parse(readFileSync(new URL("components.json", fixtures), "utf8")) as {
  tokenizer: JsonObject;
  preTokenizers: { preTokenizer: JsonObject; cases: { text: string; ids: number[] }[] }[];
  precompiled: [text: string, normalized: string][];
};

test("pre-tokenizers cut text where the Python library cuts it", () => {
  assert.ok(golden.preTokenizers.length > 30);
  for (const { preTokenizer, cases } of golden.preTokenizers) {
    const tokenizer = new Tokenizer({
      tokenizer: { ...golden.tokenizer, pre_tokenizer: preTokenizer },
    });
    for (const { text, ids } of cases)
      assert.deepEqual(tokenizer.encode(text), ids, JSON.stringify([preTokenizer, text]));
  }
});

test("an inverted Split that merges its matches is refused", () => {
  const pattern = { Regex: "-" };
  const pre_tokenizer = { type: "Split", pattern, behavior: "MergedWithNext", invert: true };
  assert.throws(() => new Tokenizer({ tokenizer: { ...golden.tokenizer, pre_tokenizer } }), {
    code: "ERR_TOKENIZER",
    message: /inverted MergedWithNext/,
  });
});

test("a precompiled character map replaces what the Python library replaces", () => {
  const file = gunzipSync(readFileSync(new URL("sentencepiece/unigram.model.gz", fixtures)));
  const { charsmap } = parseSentencePiece(file, "unigram.model");
  const normalize = precompiledNormalizer(Buffer.from(charsmap).toString("base64"));
  assert.ok(golden.precompiled.length > 150);
  for (const [text, normalized] of golden.precompiled)
    assert.equal(normalize(text), normalized, JSON.stringify(text));
  assert.ok(golden.precompiled.some(([text, normalized]) => text !== normalized));
});

test("a damaged character map is refused", () => {
  for (const map of ["", null, undefined]) assert.equal(precompiledNormalizer(map)("ﬁ"), "ﬁ");
  for (const map of ["AAAA", "/////w==", "*", 7])
    assert.throws(() => precompiledNormalizer(map), {
      code: "ERR_TOKENIZER",
      message: /precompiled_charsmap/,
    });
});
