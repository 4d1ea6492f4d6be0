import { checkFlag, checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { ConfigError, InputError } from "../base/errors.ts";
import type { ChatMessage, ChatOptions } from "../template/chat.ts";
import { checkChatOptionNames } from "../template/chatOptionNames.ts";
import { ChatTemplates } from "../template/chatTemplates.ts";
import { escapeChat } from "../template/escapeChat.ts";
import type { AddedToken } from "./addedToken.ts";
import { addedTokens } from "./addedTokens.ts";
import { checkTokenizerConfig } from "./checkTokenizerConfig.ts";
import { checkTokenizerJson } from "./checkTokenizerJson.ts";
import { Encoder } from "./encoder.ts";
import { escapedPattern, isEscaped } from "./escapedTokens.ts";
import { withIdsByToken } from "./idsByToken.ts";
import { showBytes } from "./showBytes.ts";
import { type SpecialTokens, specialTokens } from "./specialTokens.ts";
import { StreamDecoder } from "./streamDecoder.ts";
import { type TokenBytes, tokenBytes } from "./tokenBytes.ts";
import { tokenizerClass } from "./tokenizerClass.ts";
import { TOKENIZER_FILES, type TokenizerFiles } from "./tokenizerFiles.ts";

/** How `Tokenizer.encode` reads a text. */
export interface EncodeOptions {
  /** Put the tokens round the text that the model expects, the beginning-of-sequence token above all. Default true. */
  readonly addSpecialTokens?: boolean;
  /**
   * What special tokens written out in the text are: themselves ("recognise", the default, with the ids of transformers) or
   * plain text ("escape", for text from elsewhere: nothing in it can end the text or forge a turn). Conversations escape
   * by themselves: see `encodeChat`.
   */
  readonly specialTokensInText?: "recognise" | "escape";
}

/** How `Tokenizer.decode` writes tokens. */
export interface DecodeOptions {
  /** Leave special tokens out of the text. Default false. */
  readonly skipSpecialTokens?: boolean;
}

const ENCODE_OPTIONS: OptionNames<EncodeOptions> = {
  addSpecialTokens: true,
  specialTokensInText: true,
};
const DECODE_OPTIONS: OptionNames<DecodeOptions> = { skipSpecialTokens: true };

/**
 * Text to token ids and back. Ids are those of Hugging Face's `tokenizers`; decoding goes through bytes, so that a character
 * split over several tokens comes back whole and an incomplete one shows as U+FFFD.
 *
 * Encoded text decodes to itself, in the form of Unicode that tokenizer.json's normalizer gives it; a lone surrogate, which
 * no UTF-8 has, comes back as U+FFFD; in SentencePiece vocabularies "▁" comes back as a space, and where the pre-tokenizer
 * is Metaspace a space at the start is lost, as in `tokenizers`. Strings hold no other bytes than UTF-8: arbitrary bytes go through ids, whose bytes `tokenBytes` gives exactly. Every byte has a token of its own
 * in byte-level vocabularies and in those with byte fallback.
 */
export class Tokenizer {
  /** One more than the largest id that stands for a token; the model's own vocabulary may be padded beyond it. */
  readonly vocabularySize: number;
  /** Beginning of sequence, as a config names it or tokenizer.json's post-processor adds it; null where neither does. */
  readonly bosId: number | null;
  /** Ids that end a generated text, from generation_config.json, config.json or tokenizer_config.json, whichever has them first. */
  readonly eosIds: readonly number[];
  /** Can `renderChat` be used? */
  readonly hasChatTemplate: boolean;
  readonly #encoder: Encoder;
  /** Matches what would be read as special. */
  readonly #escaped: RegExp;
  /** Which added tokens are plain text even where special tokens are recognised. */
  readonly #splits: (token: AddedToken) => boolean;
  readonly #special: SpecialTokens;
  readonly #bytes: TokenBytes;
  readonly #templates: ChatTemplates;

  /**
   * @throws ConfigError ERR_TOKENIZER where tokenizer.json or a setting of tokenizer_config.json is not carried out;
   * InputError ERR_OPTION
   */
  constructor(files: TokenizerFiles) {
    checkOptions("Tokenizer", files, TOKENIZER_FILES);
    const tokenizer = withIdsByToken(files.tokenizer);
    checkTokenizerJson(tokenizer);
    const config = files.tokenizerConfig ?? {};
    checkTokenizerConfig(config, tokenizer, tokenizerClass(files.config, config));
    const added = addedTokens({ ...files, tokenizer });
    try {
      this.#encoder = new Encoder(tokenizer, added.tokens);
    } catch (cause) {
      throw unusable(cause);
    }
    const splits = config.split_special_tokens === true;
    this.#splits = ({ special }) => splits && special;
    this.#escaped = escapedPattern(added.tokens);
    this.#special = specialTokens(files, added, (token) => this.#encoder.idOf(token));
    this.#bytes = tokenBytes(tokenizer, added.tokens);
    this.#templates = new ChatTemplates(files, this.#special.texts);
    this.vocabularySize = this.#bytes.size;
    this.bosId = this.#special.bosId;
    this.eosIds = this.#special.eosIds;
    this.hasChatTemplate = this.#templates.canRender;
  }

  /**
   * Token ids of a text. Special tokens written out in the text count as such unless they are escaped. With
   * `addSpecialTokens` the beginning-of-sequence token stands at the start once, also where the text already begins with it.
   * @throws InputError ERR_TEXT where the text is not a string; ERR_OPTION
   */
  encode(text: string, options: EncodeOptions = {}): number[] {
    checkEncodeOptions(options);
    if (typeof text !== "string")
      throw new InputError("ERR_TEXT", `encode: expected a string, got ${typeof text}. Pass text.`);
    const skips = options.specialTokensInText === "escape" ? isEscaped : this.#splits;
    const ids = this.#ids(text, skips);
    if (options.addSpecialTokens === false) return ids;
    const { before, after } = this.#encoder.frame;
    const begins = this.bosId !== null && before.includes(this.bosId);
    return [...before, ...this.#beginOnce(ids, begins ? 0 : 1), ...after];
  }

  /** @throws InputError ERR_TOKEN_ID where an id is not a whole number of at least 0; ERR_OPTION */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const decoder = this.streamDecoder(options);
    let text = "";
    for (const id of ids) text += decoder.push(id);
    text += decoder.flush();
    return this.#bytes.startsWithSpace && text.startsWith(" ") ? text.slice(1) : text;
  }

  /** Text that grows token by token: what has been emitted never changes. @throws InputError ERR_OPTION */
  streamDecoder(options: DecodeOptions = {}): StreamDecoder {
    checkOptions("decode", options, DECODE_OPTIONS);
    checkFlag("decode skipSpecialTokens", options.skipSpecialTokens);
    const skip = options.skipSpecialTokens === true;
    return new StreamDecoder((id) =>
      skip && this.isSpecial(id) ? new Uint8Array() : this.tokenBytes(id),
    );
  }

  /**
   * One token's own text: spaces and control characters raw, bytes that are no whole character as \xNN, an id that
   * stands for no token as <id 151700>.
   */
  tokenText(id: number): string {
    const bytes = this.tokenBytes(id);
    return this.#bytes.has(id) ? showBytes(bytes) : `<id ${id}>`;
  }

  /** The UTF-8 bytes a token adds to the text; none for an id that stands for no token. */
  tokenBytes(id: number): Uint8Array {
    if (!Number.isSafeInteger(id) || id < 0)
      throw new InputError(
        "ERR_TOKEN_ID",
        `token id: expected a whole number of at least 0, got ${id}. Ids of this tokenizer are below ${this.vocabularySize}.`,
      );
    return this.#bytes.of(id);
  }

  /** Is the id that of a special token (beginning, end, a role), not of text? */
  isSpecial(id: number): boolean {
    return this.#special.ids.has(id);
  }

  /** The id of a token's exact text in the vocabulary or among the added tokens, e.g. `<think>`. */
  tokenId(token: string): number | null {
    return this.#encoder.idOf(token) ?? null;
  }

  /**
   * A conversation as the model's chat template writes it, special tokens included: encode it with
   * `addSpecialTokens: false`, or use `encodeChat`.
   * @throws ConfigError ERR_NO_CHAT_TEMPLATE, ERR_CHAT_TEMPLATE, ERR_CHAT_OPTION; InputError ERR_CHAT, ERR_OPTION
   */
  renderChat(messages: readonly ChatMessage[], options: ChatOptions = {}): string {
    checkChatOptionNames("chat", options);
    return this.#templates.render(messages, options);
  }

  /**
   * Token ids of a conversation; nothing is added to what the template writes, and a beginning-of-sequence token that would
   * stand there twice stands there once. Special tokens written out in messages, tools and the arguments of calls are
   * plain text, so that nobody can forge a turn; in the assistant's own content and reasoning, and in `variables`, they are
   * themselves.
   */
  encodeChat(messages: readonly ChatMessage[], options: ChatOptions = {}): number[] {
    checkChatOptionNames("chat", options);
    return this.#beginOnce(this.#chatIds(messages, options));
  }

  /** What writes conversations as text: a Jinja template, or DeepSeek-V3.2's own encoding; null where nothing does. */
  get chatEncoder(): "jinja" | "deepseek_v32" | null {
    return this.#templates.encoder;
  }

  /** The source of a chat template; null where there is none of that name. */
  chatTemplate(name = "default"): string | null {
    return this.#templates.source(name);
  }

  #chatIds(messages: readonly ChatMessage[], options: ChatOptions): number[] {
    const escaped = Array.isArray(messages) ? escapeChat(messages, options, this.#escaped) : null;
    if (escaped === null)
      return this.encode(this.renderChat(messages, options), { addSpecialTokens: false });
    const plain = this.renderChat(messages, options);
    const parts = escaped.split(this.renderChat(escaped.messages, escaped.options), plain);
    return parts.flatMap((part) =>
      this.encode(part.text, {
        addSpecialTokens: false,
        specialTokensInText: part.escaped ? "escape" : "recognise",
      }),
    );
  }

  /** Ids with at most so many beginning-of-sequence tokens at the start. */
  #beginOnce(ids: readonly number[], most = 1): number[] {
    const { bosId } = this.#special;
    const first = ids.findIndex((id) => id !== bosId);
    const nBos = first < 0 ? ids.length : first;
    return bosId === null ? [...ids] : ids.slice(Math.max(0, nBos - most));
  }

  #ids(text: string, skips: (token: AddedToken) => boolean): number[] {
    try {
      return this.#encoder.encode(text, skips);
    } catch (cause) {
      throw unusable(cause);
    }
  }
}

function checkEncodeOptions(options: EncodeOptions): void {
  checkOptions("encode", options, ENCODE_OPTIONS);
  checkFlag("encode addSpecialTokens", options.addSpecialTokens);
  const { specialTokensInText = "recognise" } = options;
  if (!["recognise", "escape"].includes(specialTokensInText))
    throw new InputError(
      "ERR_OPTION",
      `encode specialTokensInText: expected "recognise" or "escape", got ${JSON.stringify(specialTokensInText)}. Choose one of them.`,
    );
}

function unusable(cause: unknown): ConfigError {
  if (cause instanceof ConfigError) return cause;
  return new ConfigError(
    "ERR_TOKENIZER",
    `tokenizer.json: expected a tokenizer this engine can run, got one that fails with "${cause instanceof Error ? cause.message : String(cause)}". Download the file again; if it is sound, its kind is not supported.`,
    { cause },
  );
}
