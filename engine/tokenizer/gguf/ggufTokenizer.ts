import type { JsonObject } from "../../base/json.ts";
import { ggufGeneration } from "../../weights/gguf/ggufGeneration.ts";
import type { GgufMetadata } from "../../weights/gguf/ggufMetadata.ts";
import { templateProcessor } from "../templateProcessor.ts";
import type { TokenizerFiles } from "../tokenizerFiles.ts";
import { checkTextFields } from "./checkTextFields.ts";
import { MERGING, OTHER_FILE, preTokenizer } from "./ggufPreTokenizer.ts";

/** ggml's kinds of tokens. */
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
/** Of SentencePiece vocabularies whose file names none, as in llama.cpp. */
const DEFAULT_IDS: Readonly<Record<string, number>> = { bos: 1, eos: 2, unknown: 0 };

/**
 * The tokenizer of a GGUF file in the form of Hugging Face's files; null where the file has none.
 * @throws ConfigError ERR_TOKENIZER, ERR_CONFIG
 */
export function ggufTokenizer(metadata: GgufMetadata): TokenizerFiles | null {
  const kind = metadata.string("tokenizer.ggml.model", "none");
  if (kind === "none" || kind === "no_vocab") return null;
  if (metadata.get("tokenizer.ggml.tokens") === undefined) return null;
  const ids = idsOf(metadata.strings("tokenizer.ggml.tokens"));
  const tokens = [...ids.keys()];
  const types = tokenTypes(metadata, tokens.length);
  const merges = MERGING.includes(kind);
  if (!merges && kind !== "llama")
    metadata.fail(
      "tokenizer.ggml.model",
      '"gpt2", "gemma4", "whitespace" or "llama"',
      OTHER_FILE,
      "ERR_TOKENIZER",
    );
  const begins = merges ? preTokenizer(metadata).begins : true;
  checkTextFields(metadata, merges, begins);
  const special = (which: string): string | undefined =>
    tokens[metadata.number(`tokenizer.ggml.${which}_token_id`, merges ? -1 : DEFAULT_IDS[which])];
  const adds = (which: string, byDefault: boolean): string | null =>
    metadata.boolean(`tokenizer.ggml.add_${which}_token`, byDefault)
      ? (special(which) ?? null)
      : null;
  const tokenizer = merges
    ? merging(metadata, ids)
    : sentencePiece(metadata, ids, types, special("unknown") ?? tokens[types.indexOf(UNKNOWN)]);
  const template = metadata.get(TEMPLATE);
  return {
    tokenizer: {
      version: "1.0",
      added_tokens: added(tokens, types),
      ...tokenizer,
      post_processor: templateProcessor(
        begins === "always" ? (special("bos") ?? null) : adds("bos", begins),
        adds("eos", false),
        (token) => ids.get(token) ?? -1,
      ),
    },
    tokenizerConfig: { chat_template: namedTemplates(metadata) },
    roles: defined({ bos_token: special("bos"), eos_token: special("eos") }),
    generationConfig: ggufGeneration(metadata),
    ...(typeof template === "string" && { chatTemplate: template }),
  };
}

const TEMPLATE = "tokenizer.chat_template";

/** Templates beside the default one: `tokenizer.chat_template.tool_use` and the like. */
function namedTemplates(metadata: GgufMetadata): { name: string; template: string }[] {
  const prefix = `${TEMPLATE}.`;
  return [...metadata.keys()]
    .filter((key) => key.startsWith(prefix))
    .map((key) => ({ name: key.slice(prefix.length), template: metadata.string(key) }));
}

/**
 * Ids by token, in their order; see idsByToken.ts. Bytes that are no UTF-8 were read as U+FFFD; a token that became the same as another
 * gets its id behind it, in characters that show nothing (variation selectors).
 */
function idsOf(tokens: readonly string[]): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  for (const [id, token] of tokens.entries()) {
    if (token !== "" && !ids.has(token)) {
      ids.set(token, id);
      continue;
    }
    const digits = [...id.toString(16)].map((digit) => 0xfe00 + Number.parseInt(digit, 16));
    let name = `${token}\ufffd${String.fromCharCode(...digits)}`;
    while (ids.has(name)) name += "\ufe00";
    ids.set(name, id);
  }
  return ids;
}

function tokenTypes(metadata: GgufMetadata, count: number): readonly number[] {
  if (metadata.get("tokenizer.ggml.token_type") === undefined) return new Array(count).fill(1);
  const types = metadata.numbers("tokenizer.ggml.token_type");
  return types.length === count
    ? types
    : metadata.fail("tokenizer.ggml.token_type", `a list of ${count} kinds`);
}

function added(tokens: readonly string[], types: readonly number[]): JsonObject[] {
  return tokens.flatMap((content, id) => {
    const type = types[id] ?? 1;
    if (type !== CONTROL && type !== USER_DEFINED && type !== UNKNOWN) return [];
    const special = type !== USER_DEFINED;
    const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content, special, ...plain }];
  });
}

function merging(metadata: GgufMetadata, ids: ReadonlyMap<string, number>): JsonObject {
  const { preTokenizer: pre, normalizer, decoder, model } = preTokenizer(metadata);
  if (model.byte_fallback === true) checkBytes(metadata, [...ids.keys()]);
  const merges = metadata.strings("tokenizer.ggml.merges").map((merge) => {
    const at = merge.indexOf(" ", 1); // a piece may begin with a space, as "Ġ" never does
    if (at < 0) metadata.fail("tokenizer.ggml.merges", "pairs with a space between");
    return [merge.slice(0, at), merge.slice(at + 1)];
  });
  return {
    normalizer,
    pre_tokenizer: pre,
    decoder,
    model: { type: "BPE", vocab: ids, merges, ...model },
  };
}

/** A character without a token is spelled in bytes, or left out by a vocabulary that has none, as in llama.cpp. */
function checkBytes(metadata: GgufMetadata, tokens: readonly string[]): void {
  const count = tokens.filter((token) => /^<0x[0-9A-F]{2}>$/.test(token)).length;
  if (count !== 0 && count !== 256)
    metadata.fail(
      "tokenizer.ggml.tokens",
      `a list with a token for each of the 256 bytes or for none of them (it has ${count})`,
      OTHER_FILE,
      "ERR_TOKENIZER",
    );
}

/** SentencePiece's BPE merges by the score of what comes out; the same merges as ranks, as transformers derives them. */
function sentencePiece(
  metadata: GgufMetadata,
  ids: ReadonlyMap<string, number>,
  types: readonly number[],
  unknown: string | undefined,
): JsonObject {
  const scores = metadata.numbers("tokenizer.ggml.scores");
  if (scores.length !== ids.size)
    metadata.fail("tokenizer.ggml.scores", `a list of ${ids.size} numbers`);
  const merges: { pair: [string, string]; score: number }[] = [];
  for (const [token, id] of ids) {
    if (types[id] !== 1) continue;
    const characters = [...token];
    const pairs: [string, string][] = [];
    let left = "";
    for (const character of characters.slice(0, -1)) {
      left += character;
      const right = token.slice(left.length);
      if (ids.has(left) && ids.has(right)) pairs.push([left, right]);
    }
    const idOf = (piece: string): number => ids.get(piece) ?? 0;
    pairs.sort((a, b) => idOf(a[0]) - idOf(b[0]) || idOf(a[1]) - idOf(b[1]));
    for (const pair of pairs) merges.push({ pair, score: scores[id] ?? 0 });
  }
  merges.sort((a, b) => b.score - a.score);
  const prefixes = metadata.boolean("tokenizer.ggml.add_space_prefix", true);
  const spaces = { type: "Replace", pattern: { String: " " }, content: "▁" };
  return {
    normalizer: {
      type: "Sequence",
      normalizers: [...(prefixes ? [{ type: "Prepend", prepend: "▁" }] : []), spaces],
    },
    pre_tokenizer: null,
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: "▁" }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        ...(prefixes ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
      ],
    },
    model: {
      type: "BPE",
      vocab: ids,
      merges: merges.map(({ pair }) => pair),
      ...defined({ unk_token: unknown }),
      fuse_unk: true,
      byte_fallback: true,
    },
  };
}

function defined(object: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
