import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { GgufMetadata } from "../../engine/weights/gguf/ggufMetadata.ts";
import { ggufTokenizer } from "../../engine/weights/gguf/ggufTokenizer.ts";
import { parseGguf } from "../../engine/weights/gguf/parseGguf.ts";

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

test("tokens that are no UTF-8 are kept apart and shown as replacement characters", () => {
  const tokenizer = tokenizerOf("invalid_utf8");
  assert.equal(tokenizer.vocabularySize, 8);
  assert.equal(tokenizer.encode("a").at(-1), 6);
  for (const id of [3, 4, 5]) assert.match(tokenizer.decode([id]), /^\ufffd+[\ufe00-\ufe0f]*$/u);
  const ids = [3, 4, 5].map((id) => tokenizer.tokenId(tokenizer.tokenText(id)));
  assert.equal(new Set(ids).size, 3);
});

test("a vocabulary of another kind, and a pre-tokenizer without name, are refused by name", () => {
  const change = (key: string, value: string): GgufMetadata => {
    const metadata = new Map([
      ["general.architecture", "llama"],
      ["tokenizer.ggml.model", "gpt2"],
      ["tokenizer.ggml.pre", "gpt-2"],
      [key, value],
    ] as [string, string | string[]][]);
    metadata.set("tokenizer.ggml.tokens", ["a"]);
    metadata.set("tokenizer.ggml.merges", []);
    return new GgufMetadata({ metadata }, "test");
  };
  for (const [key, value] of [
    ["tokenizer.ggml.model", "bert"],
    ["tokenizer.ggml.pre", "nobody's"],
  ] as const)
    assert.throws(() => ggufTokenizer(change(key, value)), {
      name: "ConfigError",
      code: "ERR_TOKENIZER",
      message: new RegExp(`${key}.*got "${value}"`),
    });
});
