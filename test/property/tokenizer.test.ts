import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { loadTokenizer } from "../../engine/tokenizer/loadTokenizer.node.ts";
import { showBytes } from "../../engine/tokenizer/showBytes.ts";

const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../models/tiny", import.meta.url)));

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  fc.string({ unit: "binary", maxLength: 60 }).filter((s) => !/\p{Surrogate}/u.test(s)),
  fc
    .array(fc.constantFrom("<think>", "</think>", "<｜User｜>", " ", "\n", "7", "月", "é", "the"), {
      maxLength: 20,
    })
    .map((parts) => parts.join("")),
);
const ids = fc.array(fc.nat(tokenizer.vocabularySize + 20), { maxLength: 40 });

test("decoding an encoded text gives the text back", () => {
  fc.assert(
    fc.property(text, (given) => {
      assert.equal(tokenizer.decode(tokenizer.encode(given, { addSpecialTokens: false })), given);
    }),
    { numRuns: 500 },
  );
});

test("every encoding begins with the beginning-of-sequence token exactly once", () => {
  fc.assert(
    fc.property(text, (given) => {
      const encoded = tokenizer.encode(given);
      assert.equal(encoded[0], tokenizer.bosId);
      assert.ok(!encoded.slice(1).includes(0));
      assert.deepEqual(tokenizer.encode(`<｜begin▁of▁sentence｜>${given}`), encoded);
    }),
  );
});

test("the pieces of a stream joined are the text of all tokens, for any tokens", () => {
  fc.assert(
    fc.property(ids, fc.boolean(), (given, skipSpecialTokens) => {
      const decoder = tokenizer.streamDecoder({ skipSpecialTokens });
      const pieces = given.map((id) => decoder.push(id));
      assert.equal(
        pieces.join("") + decoder.flush(),
        tokenizer.decode(given, { skipSpecialTokens }),
      );
    }),
    { numRuns: 500 },
  );
});

test("skipping special tokens decodes the others", () => {
  fc.assert(
    fc.property(ids, (given) => {
      const plain = given.filter((id) => !tokenizer.isSpecial(id));
      assert.equal(tokenizer.decode(given, { skipSpecialTokens: true }), tokenizer.decode(plain));
    }),
  );
});

test("shown bytes name every byte once", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
      // Read the \xNN back and compare; a backslash in the bytes themselves would read alike, so leave those out.
      fc.pre(!bytes.includes(0x5c));
      const restored = showBytes(bytes)
        .split(/(\\x[0-9A-F]{2})/)
        .flatMap((part) =>
          part.startsWith("\\x")
            ? [Number.parseInt(part.slice(2), 16)]
            : [...new TextEncoder().encode(part)],
        );
      assert.deepEqual(restored, [...bytes]);
    }),
    { numRuns: 500 },
  );
});
