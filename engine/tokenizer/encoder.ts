import { Tokenizer as Components } from "@huggingface/tokenizers";
import { ConfigError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { AddedToken } from "./addedToken.ts";
import { AddedTokenMatcher, type TextPiece } from "./addedTokenMatcher.ts";
import { normalizerOf } from "./normalizer.ts";
import { withSpelledOutPatterns } from "./preTokenizerPatterns.ts";
import type { Place } from "./sentencepiece/sentencePieceNormalizer.ts";
import { unigramModel } from "./sentencepiece/unigramModel.ts";

const INNER: Place = { isFirst: false, isLast: false };
/** Stands for the text where a post-processor shows what it puts round it. */
const TEXT = "\u0000";

/**
 * Text to ids, in the order of the Python library `tokenizers`: added tokens that are not normalized; the normalizer; added
 * tokens that are; the pre-tokenizer; the model. Components are those of @huggingface/tokenizers, except where these are
 * not exact: added tokens, unigram models, precompiled character maps.
 */
export class Encoder {
  /** What the post-processor puts before and behind every text. */
  readonly frame: { readonly before: readonly number[]; readonly after: readonly number[] };
  readonly #ids: ReadonlyMap<string, number>;
  readonly #added: ReadonlyMap<string, number>;
  readonly #unknownId: number | undefined;
  readonly #raw: AddedTokenMatcher;
  readonly #normalized: AddedTokenMatcher;
  readonly #normalize: (text: string, place: Place) => string;
  readonly #words: (text: string, isFirst: boolean) => readonly string[];
  readonly #model: (word: string) => readonly string[];

  /**
   * @param tokenizer tokenizer.json with its ids by token, checked
   * @throws ConfigError ERR_TOKENIZER where a component is of no known kind
   */
  constructor(tokenizer: JsonObject, added: readonly AddedToken[]) {
    const described = tokenizer.model as JsonObject;
    const unigram = unigramModel(described);
    const components = new Components(
      {
        decoder: null,
        post_processor: tokenizer.post_processor ?? null,
        pre_tokenizer: withSpelledOutPatterns(tokenizer.pre_tokenizer ?? null),
        normalizer: null,
        added_tokens: [],
        model: unigram === null ? withoutMap(described) : { type: "BPE", vocab: {}, merges: [] },
      },
      {},
    );
    const { model, pre_tokenizer: preTokenizer, post_processor: postProcessor } = components;
    if (model === null) throw new Error("no model");
    if (described.type === "BPE" && described.vocab instanceof Map) {
      model.tokens_to_ids = described.vocab;
      model.unk_token_id = described.vocab.get(described.unk_token);
    }
    this.#ids = unigram?.ids ?? model.tokens_to_ids;
    this.#unknownId = unigram === null ? model.unk_token_id : unigram.unknownId;
    const keepsNewlines = described.keep_newlines === true; // of GGUF files
    this.#model =
      unigram?.encode ??
      ((word) =>
        keepsNewlines && /^\n+$/.test(word) && this.#ids.has(word) ? [word] : model([word]));
    this.#words = (text, isFirst) =>
      preTokenizer === null ? [text] : preTokenizer(text, { section_index: isFirst ? 0 : 1 });
    this.#normalize = normalizerOf(tokenizer.normalizer);
    this.#added = new Map(added.map(({ content, id }) => [content, id]));
    this.#raw = new AddedTokenMatcher(
      added.filter(({ normalized }) => !normalized).map((token) => [token.content, token]),
    );
    this.#normalized = new AddedTokenMatcher(
      added
        .filter(({ normalized }) => normalized)
        .map((token) => [this.#normalize(token.content, INNER), token]),
    );
    const framed = postProcessor?.([TEXT], null, true).tokens ?? [TEXT];
    const at = framed.indexOf(TEXT);
    this.frame = {
      before: framed.slice(0, at).map((token) => this.#idOfPart(token)),
      after: framed.slice(at + 1).map((token) => this.#idOfPart(token)),
    };
  }

  /**
   * Ids of a text, with nothing put round them.
   * @param skips which added tokens are plain text
   */
  encode(text: string, skips: (token: AddedToken) => boolean = () => false): number[] {
    const ids: number[] = [];
    const pieces = this.#raw.split(text, skips);
    for (const [index, piece] of pieces.entries()) {
      const place = { isFirst: index === 0, isLast: index === pieces.length - 1 };
      if (piece.token !== null) ids.push(piece.token.id);
      else
        for (const [at, part] of this.#parts(piece.text, place, skips).entries())
          if (part.token !== null) ids.push(part.token.id);
          else
            for (const word of this.#words(part.text, place.isFirst && at === 0))
              for (const token of this.#model(word)) ids.push(this.#idOfPart(token));
    }
    return ids;
  }

  #parts(text: string, place: Place, skips: (token: AddedToken) => boolean): TextPiece[] {
    return this.#normalized.split(this.#normalize(text, place), skips);
  }

  /** The id of a token's exact text among the added tokens or in the vocabulary. */
  idOf(token: string): number | undefined {
    return this.#added.get(token) ?? this.#ids.get(token);
  }

  #idOfPart(token: string): number {
    const id = this.#ids.get(token) ?? this.#added.get(token) ?? this.#unknownId;
    if (id !== undefined && Number.isSafeInteger(id)) return id;
    throw new ConfigError(
      "ERR_TOKENIZER",
      `tokenizer.json: expected a token for every part of the text, got none for ${JSON.stringify(token)}. The vocabulary lacks it and there is no unknown token; download the file again.`,
    );
  }
}

/** A model as @huggingface/tokenizers reads it: of BPE with an empty vocabulary, in the place of which it is given the ids, of other kinds with an object. */
function withoutMap(model: JsonObject): JsonObject {
  if (!(model.vocab instanceof Map)) return model;
  return { ...model, vocab: model.type === "BPE" ? {} : Object.fromEntries(model.vocab) };
}
