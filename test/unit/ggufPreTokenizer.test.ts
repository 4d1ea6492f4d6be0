import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { PRE_TOKENIZERS, preTokenizer } from "../../engine/tokenizer/gguf/ggufPreTokenizer.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { GgufMetadata } from "../../engine/weights/gguf/ggufMetadata.ts";

interface Golden {
  /** Every piece of every text is a token, so that ids show the cuts. */
  readonly vocab: readonly string[];
  readonly texts: readonly string[];
  readonly groups: readonly {
    readonly names: readonly string[];
    readonly traits: readonly ("nfc" | "ignores" | "begins")[];
    readonly ids: readonly (readonly number[])[];
  }[];
}

const path = new URL("../fixtures/gguf/tokenizers/pre_tokenizers.json", import.meta.url);
const { vocab, texts, groups } = JSON.parse(readFileSync(path, "utf8")) as Golden;

/** Not spelled in GPT-2's alphabet: compared in ggufRawMerges.test.ts. */
const RAW = ["gemma4", "granite-embed-multi-311m", "sarvam-moe", "whitespace"];

const preparationOf = (values: readonly (readonly [string, string])[]) =>
  preTokenizer(
    new GgufMetadata({ metadata: new Map([["general.architecture", "llama"], ...values]) }, "a"),
  );

for (const { names, traits, ids } of groups)
  test(`text is cut as the Python library cuts it under llama.cpp's ${names.join(", ")}`, () => {
    const [first = ""] = names;
    const preparation = preparationOf([["tokenizer.ggml.pre", first]]);
    const { preTokenizer: pre_tokenizer, normalizer, decoder, model, begins } = preparation;
    assert.equal(normalizer !== null, traits.includes("nfc"));
    assert.equal(model.ignore_merges, traits.includes("ignores"));
    assert.equal(begins, traits.includes("begins"));
    const tokenizer = new Tokenizer({
      tokenizer: {
        version: "1.0",
        added_tokens: [],
        normalizer,
        pre_tokenizer,
        post_processor: null,
        decoder,
        model: {
          type: "BPE",
          vocab: Object.fromEntries(vocab.map((piece, id) => [piece, id])),
          merges: [],
          ignore_merges: true,
        },
      },
    });
    for (const [i, text] of texts.entries())
      assert.deepEqual(
        tokenizer.encode(text).map((id) => vocab[id]),
        ids[i]?.map((id) => vocab[id]),
        JSON.stringify(text),
      );
    for (const name of names)
      assert.deepEqual(preparationOf([["tokenizer.ggml.pre", name]]), preparation, name);
  });

test("every name that is understood was compared, and a file without one is llama.cpp's default", () => {
  const compared = groups.flatMap(({ names }) => names);
  assert.deepEqual([...PRE_TOKENIZERS].sort(), [...compared, ...RAW].sort());
  assert.ok(PRE_TOKENIZERS.length >= 75);
  assert.deepEqual(preparationOf([]), preparationOf([["tokenizer.ggml.pre", "default"]]));
});
