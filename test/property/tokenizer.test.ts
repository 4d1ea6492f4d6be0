import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "../../engine/base/json.ts";
import { loadTokenizer } from "../../engine/tokenizer/loadTokenizer.node.ts";
import { showBytes } from "../../engine/tokenizer/showBytes.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { anyText } from "../fixtures/anyText.ts";
import fc from "../fixtures/fastCheck.ts";

const tokenizer = await loadTokenizer(fileURLToPath(new URL("../../models/tiny", import.meta.url)));

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 60 }),
  anyText({ maxLength: 60 }),
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

const families = new URL("../fixtures/tokenizer/families/", import.meta.url);
for (const file of readdirSync(families)) {
  const { tokenizer: json } = JSON.parse(readFileSync(new URL(file, families), "utf8")) as {
    tokenizer: JsonObject;
  };
  const family = new Tokenizer({ tokenizer: json });
  const composes = (json.normalizer as JsonObject | null)?.type === "NFC";
  const isSentencePiece = JSON.stringify(json.decoder).includes("ByteFallback");
  const losesSpace = JSON.stringify(json.pre_tokenizer).includes("Metaspace");
  const returned = (given: string) => {
    const composed = (composes ? given.normalize("NFC") : given).replace(
      /\p{Surrogate}/gu,
      "\ufffd",
    );
    const spaced = isSentencePiece ? composed.replaceAll("▁", " ") : composed;
    return losesSpace ? spaced.replace(/^ /, "") : spaced;
  };
  const name = file.replace(".json", "");

  test(`${name}: decoding an encoded text gives the text back, as the normalizer writes it`, () => {
    fc.assert(
      fc.property(text, (given) => {
        const ids = family.encode(given, { addSpecialTokens: false });
        assert.equal(family.decode(ids), returned(given));
      }),
      { numRuns: 300 },
    );
  });

  test(`${name}: lone surrogates come back as U+FFFD, and nothing else changes`, () => {
    const surrogates = fc.array(fc.constantFrom("a", " b", "\ud800", "\udc00", "é", "7"));
    fc.assert(
      fc.property(surrogates, (parts) => {
        const given = parts.join("");
        const ids = family.encode(given, { addSpecialTokens: false });
        assert.equal(family.decode(ids), returned(given));
      }),
    );
  });

  test(`${name}: every string of bytes has ids, whose bytes are these`, () => {
    const idOf = new Map<number, number>();
    for (let id = 0; id < family.vocabularySize; id++) {
      const [byte, ...more] = family.tokenBytes(id);
      if (byte !== undefined && more.length === 0) idOf.set(byte, id);
    }
    const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const spelled = Array.from(bytes, (byte) => idOf.get(byte) ?? -1);
        assert.deepEqual(
          spelled.flatMap((id) => [...family.tokenBytes(id)]),
          [...bytes],
        );
        const decoded = utf8.decode(bytes);
        const expected = isSentencePiece ? decoded.replace(/^ /, "") : decoded;
        assert.equal(family.decode(spelled), expected);
      }),
      { numRuns: 300 },
    );
  });
}
