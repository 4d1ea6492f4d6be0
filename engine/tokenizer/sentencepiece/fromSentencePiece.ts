import type { JsonObject } from "../../base/json.ts";
import { templateProcessor } from "../templateProcessor.ts";
import { tokenizerClass } from "../tokenizerClass.ts";
import type { TokenizerFiles } from "../tokenizerFiles.ts";
import type { SentencePieceModel } from "./sentencePieceModel.ts";

type Settings = Pick<TokenizerFiles, "config" | "tokenizerConfig" | "specialTokensMap">;

/**
 * A SentencePiece model as a tokenizer.json would hold it, with SentencePiece's own normalizer, so that the ids are those of
 * SentencePiece. (transformers 5.18 converts such files without the space before the text, or without joining spaces.)
 * Tokens stand round a text as in transformers: where add_bos_token or add_eos_token is true; a T5Tokenizer ends every text.
 */
export function fromSentencePiece(file: SentencePieceModel, settings: Settings): TokenizerFiles {
  const config = settings.tokenizerConfig ?? {};
  const addsDummyPrefix = file.addsDummyPrefix && config.add_prefix_space !== false;
  const model = { ...file, addsDummyPrefix };
  const pieces = renamed(model, config.added_tokens_decoder).map(({ piece }) => piece);
  const tokenAt = (id: number | null): string | null => (id === null ? null : (pieces[id] ?? null));
  const roles = {
    bos_token: tokenAt(model.bosId),
    eos_token: tokenAt(model.eosId),
    unk_token: tokenAt(model.unkId),
    pad_token: tokenAt(model.padId),
  };
  const isT5 = tokenizerClass(settings.config, config) === "T5Tokenizer";
  const role = (name: "bos_token" | "eos_token"): string | null =>
    named(settings.specialTokensMap?.[name]) ?? named(config[name]) ?? roles[name];
  const known = new Map(pieces.map((piece, id) => [piece, id]));
  const frame = (name: "bos_token" | "eos_token", adds: boolean): string | null => {
    const token = role(name);
    return adds && token !== null && known.has(token) ? token : null;
  };
  return {
    roles: Object.fromEntries(Object.entries(roles).filter(hasToken)),
    tokenizer: {
      version: "1.0",
      added_tokens: addedTokens(model, pieces, isT5 ? extraIds(config.extra_ids) : []),
      normalizer: { type: "SentencePiece", rules: { ...model, splitsTexts: isT5 } },
      pre_tokenizer: null,
      post_processor: templateProcessor(
        frame("bos_token", config.add_bos_token === true),
        frame("eos_token", config.add_eos_token === true || isT5),
        (token) => known.get(token),
      ),
      decoder: decoder(model),
      model: model.algorithm === "bpe" ? bpe(model, pieces) : unigram(model, pieces),
    },
  };
}

/** Pieces that were kept free and that tokenizer_config.json gives another name. */
function renamed({ pieces }: SentencePieceModel, decoder: unknown): SentencePieceModel["pieces"] {
  const names = new Map(
    Object.entries((decoder ?? {}) as Record<string, JsonObject | null>).map(([id, token]) => [
      Number(id),
      token?.content,
    ]),
  );
  const taken = new Set(pieces.map(({ piece }) => piece));
  return pieces.map((entry, id) => {
    const name = names.get(id);
    return typeof name === "string" && !taken.has(name) ? { ...entry, piece: name } : entry;
  });
}

function addedTokens(
  { pieces }: SentencePieceModel,
  names: readonly string[],
  more: readonly string[],
): JsonObject[] {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  const own = pieces.flatMap(({ kind }, id) =>
    kind === "control" || kind === "unknown" || kind === "user defined"
      ? [{ id, content: names[id], special: kind !== "user defined", ...flags }]
      : [],
  );
  const further = more.map((content, i) => ({
    id: names.length + i,
    content,
    special: true,
    ...flags,
  }));
  return [...own, ...further];
}

/** T5's sentinels, of which there are 100 unless the config says otherwise. */
function extraIds(count: unknown): string[] {
  const n = typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : 100;
  return Array.from({ length: Math.min(n, 10_000) }, (_, i) => `<extra_id_${i}>`);
}

function decoder({ addsDummyPrefix }: SentencePieceModel): JsonObject {
  return {
    type: "Sequence",
    decoders: [
      { type: "Replace", pattern: { String: "▁" }, content: " " },
      { type: "ByteFallback" },
      { type: "Fuse" },
      ...(addsDummyPrefix ? [{ type: "Strip", content: " ", start: 1, stop: 0 }] : []),
    ],
  };
}

function unigram(model: SentencePieceModel, names: readonly string[]): JsonObject {
  return {
    type: "Unigram",
    vocab: model.pieces.map(({ score }, id) => [names[id], score]),
    unk_id: model.unkId,
    byte_fallback: model.hasByteFallback,
    reserved: model.pieces.flatMap(({ kind }, id) =>
      kind === "normal" || kind === "user defined" ? [] : [id],
    ),
  };
}

/** SentencePiece joins the two neighbours that make the best piece; as merges: by the rank of what they make. */
function bpe(model: SentencePieceModel, names: readonly string[]): JsonObject {
  const scores = new Map<string, number>();
  for (const { piece, score, kind } of model.pieces)
    if (kind === "normal") scores.set(piece, score);
  const merges: { pair: [string, string]; score: number }[] = [];
  for (const [piece, score] of scores) {
    let left = "";
    for (const character of [...piece].slice(0, -1)) {
      left += character;
      const right = piece.slice(left.length);
      if (scores.has(left) && scores.has(right)) merges.push({ pair: [left, right], score });
    }
  }
  merges.sort((a, b) => b.score - a.score);
  return {
    type: "BPE",
    vocab: Object.fromEntries(names.map((name, id) => [name, id])),
    merges: merges.map(({ pair }) => pair),
    unk_token: model.unkId === null ? null : names[model.unkId],
    fuse_unk: true,
    byte_fallback: model.hasByteFallback,
  };
}

function named(value: unknown): string | null {
  if (typeof value === "string") return value;
  const content = (value as JsonObject | null | undefined)?.content;
  return typeof content === "string" ? content : null;
}

function hasToken(entry: [string, string | null]): entry is [string, string] {
  return entry[1] !== null;
}
