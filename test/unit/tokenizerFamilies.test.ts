import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import type { JsonObject } from "../../engine/base/json.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";

interface Family {
  tokenizer: JsonObject;
  cases: { text: string; ids: number[]; framed: number[]; decoded: string }[];
}

const folder = new URL("../fixtures/tokenizer/families/", import.meta.url);
const utf8 = new TextEncoder();

for (const name of readdirSync(folder)) {
  const { tokenizer: json, cases } = JSON.parse(
    readFileSync(new URL(name, folder), "utf8"),
  ) as Family;
  const tokenizer = new Tokenizer({ tokenizer: json });
  const family = name.replace(".json", "");

  test(`${family}: ids equal those of the Python library`, () => {
    assert.ok(cases.length > 100);
    for (const { text, ids } of cases)
      assert.deepEqual(
        tokenizer.encode(text, { addSpecialTokens: false }),
        ids,
        JSON.stringify(text),
      );
  });

  test(`${family}: the post-processor's tokens stand round the text, the one that begins it once`, () => {
    const { bosId } = tokenizer;
    const [bare] = cases.filter(({ text }) => text === "");
    assert.equal(bosId, bare?.framed[0] ?? null);
    for (const { text, framed } of cases) {
      const twice = bosId !== null && framed[0] === bosId && framed[1] === bosId;
      assert.deepEqual(tokenizer.encode(text), framed.slice(twice ? 1 : 0), JSON.stringify(text));
    }
    if (bosId === null) return;
    const begun = `${tokenizer.tokenText(bosId)}a`;
    assert.equal(tokenizer.encode(begun).filter((id) => id === bosId).length, 1);
  });

  test(`${family}: texts come back as the Python library decodes them`, () => {
    for (const { text, ids, decoded } of cases)
      assert.equal(tokenizer.decode(ids), decoded, JSON.stringify(text));
  });

  test(`${family}: every byte is some token's, so that every text has ids`, () => {
    const tokens = new Set<number>();
    for (let id = 0; id < tokenizer.vocabularySize; id++) {
      const bytes = tokenizer.tokenBytes(id);
      if (bytes.length === 1) tokens.add(bytes[0] as number);
    }
    assert.equal(tokens.size, 256);
    const text = "\u0000\u007f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}";
    const ids = tokenizer.encode(text, { addSpecialTokens: false });
    const joined = ids.flatMap((id) => [...tokenizer.tokenBytes(id)]);
    const offset = joined[0] === 0x20 ? 1 : 0;
    assert.deepEqual(joined.slice(offset), [...utf8.encode(text)]);
  });
}
