import { Tokenizer as Encoder } from "@huggingface/tokenizers";
import { checkChatOptionNames } from "../chat/chatOptionNames.ts";
import { checkFlag, checkOptions, type OptionNames } from "../checkOptions.ts";
import { ConfigError, InputError } from "../errors.ts";
import { withByteLevelPattern } from "./byteLevelSplit.ts";
import type { ChatMessage, ChatOptions } from "./chat.ts";
import { ChatTemplates } from "./chatTemplates.ts";
import { checkTokenizerJson } from "./checkTokenizerJson.ts";
import { escapeChat } from "./escapeChat.ts";
import { PlainEncoder } from "./plainEncoder.ts";
import { showBytes } from "./showBytes.ts";
import { type SpecialTokens, specialTokens } from "./specialTokens.ts";
import { StreamDecoder } from "./streamDecoder.ts";
import { type TokenBytes, tokenBytes } from "./tokenBytes.ts";
import { TOKENIZER_FILES, type TokenizerFiles } from "./tokenizerFiles.ts";

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
  readonly #plainEncoder: PlainEncoder;
  readonly #special: SpecialTokens;
  readonly #bytes: TokenBytes;
  readonly #templates: ChatTemplates;

  /** @throws ConfigError ERR_TOKENIZER where tokenizer.json cannot be used; InputError ERR_OPTION */
  constructor(given: TokenizerFiles) {
    checkOptions("Tokenizer", given, TOKENIZER_FILES);
    checkTokenizerJson(given.tokenizer);
    const files = { ...given, tokenizer: withByteLevelPattern(given.tokenizer) };
    try {
      this.#encoder = new Encoder(files.tokenizer, files.tokenizerConfig ?? {});
    } catch (cause) {
      throw unusable(cause);
    }
    this.#plainEncoder = new PlainEncoder(files);
    this.#special = specialTokens(files, (token) => this.#encoder.token_to_id(token));
    this.#bytes = tokenBytes(files.tokenizer);
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
    const escapes = options.specialTokensInText === "escape";
    const plain = escapes ? this.#plainEncoder.encode(text) : this.#ids(text, false);
    if (options.addSpecialTokens === false) return plain;
    return this.#surround(
      escapes ? [] : plain,
      escapes ? this.#around(plain) : this.#ids(text, true),
    );
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
    return this.#encoder.token_to_id(token) ?? null;
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

  /** The source of a chat template; null where there is none of that name. */
  chatTemplate(name = "default"): string | null {
    return this.#templates.source(name);
  }

  #chatIds(messages: readonly ChatMessage[], options: ChatOptions): number[] {
    const escaped = Array.isArray(messages)
      ? escapeChat(messages, options, this.#plainEncoder.special)
      : null;
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

  #beginOnce(ids: readonly number[]): number[] {
    const { bosId } = this.#special;
    const first = ids.findIndex((id) => id !== bosId);
    const nBos = first < 0 ? ids.length : first;
    return bosId === null ? [...ids] : ids.slice(Math.max(0, nBos - 1));
  }

  #surround(plain: number[], processed: number[]): number[] {
    const { bosId, addBos, appendEosId } = this.#special;
    const ids = this.#beginOnce(processed);
    if (bosId !== null) {
      if (ids[0] === bosId && addBos === false && plain[0] !== bosId) ids.shift();
      if (addBos === true && ids[0] !== bosId) ids.unshift(bosId);
    }
    if (appendEosId !== null && ids.at(-1) !== appendEosId) ids.push(appendEosId);
    return ids;
  }

  /** Ids with what the post-processor puts round a text. */
  #around(ids: readonly number[]): number[] {
    const [before = [], after = []] = this.#frame();
    return [...before, ...ids, ...after];
  }

  /** What the post-processor puts before and behind a text: what it puts round the letter a. */
  #frame(): [number[], number[]] {
    const inner = this.#ids("a", false);
    const outer = this.#ids("a", true);
    const start = outer.findIndex((_, at) => inner.every((id, i) => outer[at + i] === id));
    return [outer.slice(0, start), outer.slice(start + inner.length)];
  }

  #ids(text: string, addSpecialTokens: boolean): number[] {
    let ids: number[];
    try {
      ids = this.#encoder.encode(text, { add_special_tokens: addSpecialTokens }).ids;
    } catch (cause) {
      throw unusable(cause);
    }
    const missing = ids.findIndex((id) => !Number.isSafeInteger(id));
    if (missing >= 0)
      throw new ConfigError(
        "ERR_TOKENIZER",
        `tokenizer.json: expected a token for every part of the text, got none for part ${missing}. The vocabulary lacks it and there is no unknown token; download the file again.`,
      );
    return ids;
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
  return new ConfigError(
    "ERR_TOKENIZER",
    `tokenizer.json: expected a tokenizer this engine can run, got one that fails with "${cause instanceof Error ? cause.message : String(cause)}". Download the file again; if it is sound, its kind is not supported.`,
    { cause },
  );
}
