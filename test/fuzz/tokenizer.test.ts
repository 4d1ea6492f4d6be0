import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import type { JsonObject } from "../../engine/base/json.ts";
import { fromSentencePiece } from "../../engine/tokenizer/sentencepiece/fromSentencePiece.ts";
import { parseSentencePiece } from "../../engine/tokenizer/sentencepiece/sentencePieceModel.ts";
import { Tokenizer } from "../../engine/tokenizer/tokenizer.ts";
import { fuzz } from "./fuzz.ts";
import type { Mutator } from "./mutate.ts";

const TEXT = "  The keys 12 月😀 <think>e\u0301</think>\r\n<｜User｜>don't\u0000";

function parsed(name: string): JsonObject {
  return JSON.parse(readFileSync(new URL(`../../models/tiny/${name}`, import.meta.url), "utf8"));
}

/** The default model's tokenizer cut down to its first tokens, with a part of every kind. */
function smallTokenizer(): {
  shell: JsonObject;
  vocab: Record<string, number>;
  merges: string[][];
} {
  const full = parsed("tokenizer.json");
  const model = full.model as { vocab: Record<string, number>; merges: [string, string][] };
  const vocab = Object.fromEntries(Object.entries(model.vocab).filter(([, id]) => id < 400));
  const merges = model.merges.filter(([a, b]) => Object.hasOwn(vocab, a + b));
  const bos = "<｜begin▁of▁sentence｜>";
  const shell = {
    ...full,
    normalizer: {
      type: "Sequence",
      normalizers: [{ type: "NFC" }, { type: "Replace", pattern: { String: "~" }, content: "-" }],
    },
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: bos, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [],
      special_tokens: { [bos]: { id: bos, ids: [0], tokens: [bos] } },
    },
    model: { ...model, vocab: {}, merges: [] },
  };
  return { shell, vocab, merges };
}

function use(tokenizer: Tokenizer): void {
  const ids = tokenizer.encode(TEXT);
  tokenizer.decode(ids);
  tokenizer.decode(ids, { skipSpecialTokens: true });
  for (const id of ids) assert.equal(typeof tokenizer.tokenText(id), "string");
}

fuzz("damaged tokenizer.json files make a tokenizer or are refused", 4000, () => {
  const { shell, vocab, merges } = smallTokenizer();
  const tokenizerConfig = parsed("tokenizer_config.json");
  use(
    new Tokenizer({
      tokenizer: { ...shell, model: { ...(shell.model as JsonObject), vocab, merges } },
    }),
  );
  return (mutator: Mutator) => {
    let tokenizer: unknown;
    if (mutator.below(2)) {
      tokenizer = mutator.json(shell);
      const model = (tokenizer as JsonObject | null)?.model as Record<string, unknown> | null;
      if (typeof model === "object" && model !== null && JSON.stringify(model.vocab) === "{}")
        Object.assign(model, { vocab, merges });
    } else {
      const changed = mutator.json({ vocab, merges }) as JsonObject;
      tokenizer = { ...shell, model: { ...(shell.model as JsonObject), ...changed } };
    }
    use(new Tokenizer({ tokenizer: tokenizer as JsonObject, tokenizerConfig }));
  };
});

fuzz("damaged SentencePiece models make a tokenizer or are refused", 400, () => {
  const models = ["bpe", "bpe_unknown", "unigram_bytes"].map((name) =>
    gunzipSync(
      readFileSync(
        new URL(`../fixtures/tokenizer/sentencepiece/${name}.model.gz`, import.meta.url),
      ),
    ),
  );
  const tokenizerConfig = { add_bos_token: true };
  return (mutator: Mutator) => {
    const bytes = mutator.bytes(models[mutator.below(models.length)] ?? new Uint8Array());
    const model = parseSentencePiece(bytes, "tokenizer.model");
    use(new Tokenizer({ tokenizerConfig, ...fromSentencePiece(model, { tokenizerConfig }) }));
  };
});

fuzz("damaged tokenizer_config.json files are used or refused", 800, () => {
  const { shell, vocab, merges } = smallTokenizer();
  const tokenizer = { ...shell, model: { ...(shell.model as JsonObject), vocab, merges } };
  const tokenizerConfig = parsed("tokenizer_config.json");
  return (mutator: Mutator) => {
    const made = new Tokenizer({
      tokenizer,
      tokenizerConfig: mutator.json(tokenizerConfig) as JsonObject,
    });
    use(made);
    made.encodeChat([{ role: "user", content: TEXT }]);
  };
});

fuzz("damaged chat templates render or are refused", 800, () => {
  const { shell, vocab, merges } = smallTokenizer();
  const tokenizer = { ...shell, model: { ...(shell.model as JsonObject), vocab, merges } };
  const source = new TextEncoder().encode(parsed("tokenizer_config.json").chat_template as string);
  return (mutator: Mutator) => {
    const chatTemplate = new TextDecoder().decode(mutator.bytes(source));
    const made = new Tokenizer({ tokenizer, chatTemplate });
    assert.equal(
      typeof made.renderChat([
        { role: "user", content: "hello" },
        { role: "assistant", content: "you" },
      ]),
      "string",
    );
  };
});
