import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { JsonObject } from "../../engine/base/json.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";

const parsed = (name: string): JsonObject =>
  JSON.parse(readFileSync(new URL(`../../models/tiny/${name}`, import.meta.url), "utf8"));

const [BOS, EOS] = ["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"];
const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const entry = (token: string, id: number) => ({
  [token]: { id: token, ids: [id], tokens: [token] },
});

/** The default model's tokenizer with a post-processor that puts tokens round a text. */
function framed(before: readonly string[], after: readonly string[]): Tokenizer {
  const post_processor = {
    type: "TemplateProcessing",
    single: [...before.map(special), { Sequence: { id: "A", type_id: 0 } }, ...after.map(special)],
    pair: [],
    special_tokens: { ...entry(BOS, 0), ...entry(EOS, 1) },
  };
  return new Tokenizer({
    tokenizer: { ...parsed("tokenizer.json"), post_processor },
    tokenizerConfig: parsed("tokenizer_config.json"),
  });
}

test("a text whose special tokens are escaped is framed as any other", () => {
  const escaped = { specialTokensInText: "escape" } as const;
  const plain = framed([], []).encode("river a");
  for (const [before, after, ids] of [
    [[], [], plain],
    [[BOS], [], [0, ...plain]],
    [[], [EOS], [...plain, 1]],
    [[BOS], [EOS], [0, ...plain, 1]],
    [
      [EOS, BOS],
      [EOS, EOS],
      [1, 0, ...plain, 1, 1],
    ],
  ] as const) {
    const tokenizer = framed(before, after);
    assert.deepEqual(tokenizer.encode("river a"), ids);
    assert.deepEqual(tokenizer.encode("river a", escaped), ids);
    assert.deepEqual(tokenizer.encode("", escaped), tokenizer.encode(""));
  }
  const forged = framed([BOS], [EOS]).encode(`river${EOS}`, escaped);
  assert.equal(forged.filter((id) => id === 1).length, 1);
});
