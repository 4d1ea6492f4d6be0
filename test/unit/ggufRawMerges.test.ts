import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ggufTokenizer } from "../../engine/tokenizer/gguf/ggufTokenizer.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { GgufMetadata } from "../../engine/weights/gguf/ggufMetadata.ts";
import type { GgufValue } from "../../engine/weights/gguf/parseGguf.ts";

interface Golden {
  readonly texts: readonly string[];
  readonly cases: readonly {
    readonly metadata: Readonly<Record<string, GgufValue>>;
    readonly begins: boolean;
    readonly ids: readonly (readonly number[])[];
    readonly decoded: readonly string[];
  }[];
}

const path = new URL("../fixtures/gguf/tokenizers/raw_merges.json", import.meta.url);
const { texts, cases } = JSON.parse(readFileSync(path, "utf8")) as Golden;
const BOS = 2;

function tokenizerOf(values: Readonly<Record<string, GgufValue>>): Tokenizer {
  const all = new Map(Object.entries({ "general.architecture": "llama", ...values }));
  const files = ggufTokenizer(new GgufMetadata({ metadata: all }, "m.gguf"));
  assert.ok(files);
  return new Tokenizer(files);
}

for (const [at, { metadata, begins, ids, decoded }] of cases.entries()) {
  const { "tokenizer.ggml.model": model, "tokenizer.ggml.pre": pre = "gemma4" } = metadata;
  test(`${at}: a ${model} vocabulary cut as ${pre} gives the ids of the Python library`, () => {
    const tokenizer = tokenizerOf(metadata);
    for (const [i, text] of texts.entries()) {
      const found = tokenizer.encode(text, { addSpecialTokens: false });
      assert.deepEqual(found, ids[i], JSON.stringify(text));
      const framed = begins && found[0] !== BOS ? [BOS, ...found] : found;
      assert.deepEqual(tokenizer.encode(text), framed, JSON.stringify(text));
      assert.equal(tokenizer.decode(found), decoded[i]);
    }
  });
}

/** The first case whose vocabulary is of a kind. */
function first(model: string): Readonly<Record<string, GgufValue>> {
  const found = cases.find(({ metadata }) => metadata["tokenizer.ggml.model"] === model);
  assert.ok(found);
  return found.metadata;
}

const gemma = first("gemma4");

test("Gemma's texts begin with the token for that, whatever the file says, as in llama.cpp", () => {
  for (const add of [true, false])
    assert.equal(
      tokenizerOf({ ...gemma, "tokenizer.ggml.add_bos_token": add }).encode("a")[0],
      BOS,
    );
  const { "tokenizer.ggml.bos_token_id": _, ...nameless } = gemma;
  assert.throws(() => tokenizerOf({ ...nameless, "tokenizer.ggml.add_bos_token": false }), {
    code: "ERR_TOKENIZER",
    message: /expected tokenizer\.ggml\.bos_token_id to be a number, for texts begin with it/,
  });
});

test("a vocabulary with tokens for some bytes is refused, and so is another cut of whitespace", () => {
  const tokens = (gemma["tokenizer.ggml.tokens"] as string[]).map((token) =>
    token === "<0x41>" ? "<none>" : token,
  );
  assert.throws(() => tokenizerOf({ ...gemma, "tokenizer.ggml.tokens": tokens }), {
    code: "ERR_TOKENIZER",
    message:
      /each of the 256 bytes or for none of them \(it has 255\), got .*\. Use the safetensors/,
  });
  assert.throws(() => tokenizerOf({ ...first("whitespace"), "tokenizer.ggml.pre": "gpt-2" }), {
    code: "ERR_TOKENIZER",
    message: /expected tokenizer\.ggml\.pre to be "whitespace", as the model is, got "gpt-2"/,
  });
});
