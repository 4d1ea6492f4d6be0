import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { JsonObject } from "../../engine/base/json.ts";
import { addedTokens } from "../../engine/tokenizer/addedTokens.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import type { TokenizerFiles } from "../../engine/tokenizer/tokenizerFiles.ts";

type Added = [id: number, ...flags: boolean[]];

interface Case {
  base: string;
  /** What is changed in the base's tokenizer.json. */
  tokenizer?: JsonObject;
  files: Record<string, JsonObject>;
  roles: Record<string, string>;
  added: Record<string, Added>;
  ids: number[][];
  framed: number[];
}

const fixtures = new URL("../fixtures/tokenizer/", import.meta.url);
const read = (path: string) => JSON.parse(readFileSync(new URL(path, fixtures), "utf8"));
const golden = read("special_tokens.json") as Record<string, Case[]> & { texts: string[] };

function baseOf(name: string): JsonObject {
  if (name !== "lowercased") return read(`families/${name}.json`).tokenizer;
  return { ...read("families/gpt2.json").tokenizer, normalizer: { type: "Lowercase" } };
}

function filesOf({ base, tokenizer, files }: Case): TokenizerFiles {
  return {
    tokenizer: { ...baseOf(base), ...tokenizer },
    config: { model_type: "llama" },
    ...(files["tokenizer_config.json"] && { tokenizerConfig: files["tokenizer_config.json"] }),
    ...(files["special_tokens_map.json"] && { specialTokensMap: files["special_tokens_map.json"] }),
    ...(files["added_tokens.json"] && { addedTokens: files["added_tokens.json"] }),
  };
}

function check(given: Case): void {
  const files = filesOf(given);
  const label = JSON.stringify([given.base, given.files]);
  const { tokens, named } = addedTokens(files);
  const flags = tokens.map((token): [string, Added] => [
    token.content,
    [token.id, token.singleWord, token.lstrip, token.rstrip, token.normalized, token.special],
  ]);
  assert.deepEqual(Object.fromEntries(flags), given.added, label);
  assert.deepEqual(Object.fromEntries(named), given.roles, label);
  const tokenizer = new Tokenizer(files);
  for (const [index, text] of golden.texts.entries())
    assert.deepEqual(
      tokenizer.encode(text, { addSpecialTokens: false }),
      given.ids[index],
      `${label} ${JSON.stringify(text)}`,
    );
  assert.deepEqual(tokenizer.encode("a"), given.framed, label);
}

test("tokens that strip, stand alone or are normalized are found as transformers finds them", () => {
  assert.equal(golden.grid?.length, 4 * 32);
  for (const given of golden.grid) check(given);
});

test("special tokens come from every file that may name them, with the precedence of transformers", () => {
  assert.ok((golden.precedence?.length ?? 0) > 25);
  for (const given of golden.precedence ?? []) check(given);
});

test("only the post-processor puts tokens round a text, whatever the class and its settings", () => {
  assert.equal(golden.frames?.length, 17);
  for (const given of golden.frames) check(given);
});
