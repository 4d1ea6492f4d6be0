import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../engine/base/json.ts";
import { loadTokenizer } from "../../engine/tokenizer/loadTokenizer.node.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";

const folder = fileURLToPath(new URL("../../models/tiny", import.meta.url));
const tokenizer = await loadTokenizer(folder);

function fixture<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/${path}`, import.meta.url), "utf8")) as T;
}

interface Golden {
  cases: { text: string; ids: number[]; decoded: string; decodedWithoutSpecial: string }[];
  fragments: { ids: number[]; decoded: string }[];
}
const golden = fixture<Golden>("tokenizer/golden.json");

function parsed(name: string): JsonObject {
  return JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) as JsonObject;
}

/** The default model's tokenizer with some of its files changed. */
function changed(tokenizerJson: JsonObject, config: JsonObject = {}): Tokenizer {
  return new Tokenizer({
    tokenizer: { ...parsed("tokenizer.json"), ...tokenizerJson },
    tokenizerConfig: { ...parsed("tokenizer_config.json"), ...config },
  });
}

test("ids equal those of the Python library for scripts, emoji, marks, digits, whitespace and special tokens", () => {
  assert.ok(golden.cases.length > 200);
  for (const { text, ids } of golden.cases)
    assert.deepEqual(
      tokenizer.encode(text, { addSpecialTokens: false }),
      ids,
      JSON.stringify(text),
    );
});

test("decoded texts equal those of the Python library, with and without special tokens", () => {
  for (const { ids, decoded, decodedWithoutSpecial } of golden.cases) {
    assert.equal(tokenizer.decode(ids), decoded);
    assert.equal(tokenizer.decode(ids, { skipSpecialTokens: true }), decodedWithoutSpecial);
  }
});

test("tokens that break characters decode to the Python library's replacement characters", () => {
  assert.ok(golden.fragments.some(({ decoded }) => decoded.includes("\ufffd")));
  for (const { ids, decoded } of golden.fragments) assert.equal(tokenizer.decode(ids), decoded);
});

test("prompts of the default model get transformers' ids, with one beginning-of-sequence token", () => {
  interface Run {
    prompt: string;
    ids: number[];
    greedy: number[];
    greedy_text: string;
  }
  for (const { prompt, ids, greedy, greedy_text } of fixture<Run[]>("tiny/golden.json")) {
    assert.deepEqual(tokenizer.encode(prompt), ids);
    assert.equal(tokenizer.decode(greedy), greedy_text);
  }
});

test("a text that begins with the beginning-of-sequence token does not get a second one", () => {
  const bos = tokenizer.tokenText(0);
  assert.deepEqual(tokenizer.encode(`${bos}river`), tokenizer.encode("river"));
  assert.deepEqual(tokenizer.encode(""), [0]);
  assert.deepEqual(tokenizer.encode("", { addSpecialTokens: false }), []);
});

test("the post-processor alone decides what stands round a text, as in transformers 5", () => {
  for (const add_bos_token of [true, false])
    for (const add_eos_token of [true, false]) {
      const config = { add_bos_token, add_eos_token };
      assert.deepEqual(changed({}, config).encode("river"), tokenizer.encode("river"));
      assert.deepEqual(
        changed({ post_processor: null }, config).encode("river"),
        tokenizer.encode("river").slice(1),
      );
    }
});

test("special tokens, ends and sizes are read from the files", () => {
  assert.equal(tokenizer.bosId, 0);
  assert.deepEqual(tokenizer.eosIds, [1]);
  assert.equal(tokenizer.vocabularySize, 3072);
  assert.equal(tokenizer.tokenId("<think>"), 5);
  assert.equal(tokenizer.tokenId("no such token"), null);
  assert.deepEqual(
    [0, 1, 2, 3, 4, 5, 6, 7].filter((id) => tokenizer.isSpecial(id)),
    [0, 1, 2, 3, 4, 5, 6],
  );
});

test("generation_config.json decides which ids end a text, before config.json", () => {
  const files = {
    tokenizer: parsed("tokenizer.json"),
    tokenizerConfig: parsed("tokenizer_config.json"),
  };
  const config = { eos_token_id: 4 };
  assert.deepEqual(
    new Tokenizer({ ...files, config, generationConfig: { eos_token_id: [1, 3] } }).eosIds,
    [1, 3],
  );
  assert.deepEqual(new Tokenizer({ ...files, config }).eosIds, [4]);
  assert.deepEqual(new Tokenizer(files).eosIds, [1]);
});

test("a token's own text shows incomplete characters byte by byte", () => {
  const [first = 0, second = 0] = tokenizer.encode("😀", { addSpecialTokens: false });
  assert.match(tokenizer.tokenText(first), /^(\\x[0-9A-F]{2})+$/);
  assert.match(tokenizer.tokenText(second), /^(\\x[0-9A-F]{2})+$/);
  assert.equal(tokenizer.tokenText(tokenizer.encode(" and")[1] ?? 0), " and");
  assert.equal(tokenizer.tokenText(0), "<｜begin▁of▁sentence｜>");
});

test("an id beyond the vocabulary has a name and adds no text", () => {
  assert.equal(tokenizer.tokenText(99_999), "<id 99999>");
  assert.equal(tokenizer.decode([99_999]), "");
});

test("ids that are no ids and texts that are no texts are refused", () => {
  for (const id of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])
    assert.throws(() => tokenizer.decode([id]), { name: "InputError", code: "ERR_TOKEN_ID" });
  assert.throws(() => tokenizer.encode(7 as unknown as string), {
    name: "InputError",
    code: "ERR_TEXT",
  });
});

test("streaming emits nothing of a character before its last byte", () => {
  const decoder = tokenizer.streamDecoder();
  const pieces = tokenizer
    .encode("a😀b", { addSpecialTokens: false })
    .map((id) => decoder.push(id));
  assert.deepEqual(
    pieces.filter((piece) => piece !== ""),
    ["a", "😀", "b"],
  );
  assert.ok(pieces.length > 3);
  assert.equal(decoder.flush(), "");
});

test("a stream that ends within a character flushes one replacement character and can start anew", () => {
  const decoder = tokenizer.streamDecoder();
  const [first = 0] = tokenizer.encode("😀", { addSpecialTokens: false });
  assert.equal(decoder.push(first), "");
  assert.equal(decoder.flush(), "\ufffd");
  assert.equal(decoder.push(tokenizer.encode("a")[1] ?? 0), "a");
});

test("SentencePiece vocabularies decode spaces and bytes", () => {
  const sentencePiece = new Tokenizer({
    tokenizer: {
      added_tokens: [{ id: 0, content: "<s>", special: true }],
      normalizer: {
        type: "Sequence",
        normalizers: [
          { type: "Prepend", prepend: "▁" },
          { type: "Replace", pattern: { String: " " }, content: "▁" },
        ],
      },
      pre_tokenizer: null,
      post_processor: null,
      decoder: {
        type: "Sequence",
        decoders: [
          { type: "Replace", pattern: { String: "▁" }, content: " " },
          { type: "ByteFallback" },
          { type: "Fuse" },
          { type: "Strip", content: " ", start: 1, stop: 0 },
        ],
      },
      model: {
        type: "BPE",
        byte_fallback: true,
        vocab: { "<s>": 0, "▁": 1, a: 2, "▁a": 3, "<0xC3>": 4, "<0xA9>": 5 },
        merges: ["▁ a"],
      },
    },
  });
  const ids = sentencePiece.encode("a aé");
  assert.deepEqual(ids, [3, 3, 4, 5]);
  assert.equal(sentencePiece.decode(ids), "a aé");
  assert.equal(sentencePiece.tokenText(3), " a");
  assert.equal(sentencePiece.tokenText(4), "\\xC3");
});

test("a decoder of another kind is refused by name", () => {
  assert.throws(() => changed({ decoder: { type: "WordPiece", prefix: "##", cleanup: true } }), {
    name: "ConfigError",
    code: "ERR_TOKENIZER",
    message: /got WordPiece/,
  });
});
