import { Tokenizer as Encoder } from "@huggingface/tokenizers";
import type { JsonObject } from "../weights/checkpoint.ts";
import type { TokenizerFiles } from "./tokenizerFiles.ts";

/** Reads special tokens that are written out in a text as plain text. Built when first used: it is as large as the tokenizer. */
export class PlainEncoder {
  /** Matches what would be read as special: special tokens, and added ones that look like tags, such as <think>. Global. */
  readonly special: RegExp;
  readonly #files: TokenizerFiles;
  readonly #added: readonly JsonObject[];
  #encoder: Encoder | null = null;

  /** @param files checked */
  constructor(files: TokenizerFiles) {
    this.#files = files;
    this.#added = files.tokenizer.added_tokens as JsonObject[];
    const texts = this.#added.filter(isSpecial).map(({ content }) => content as string);
    texts.sort((a, b) => b.length - a.length); // the longest that fits counts
    this.special = new RegExp(texts.length > 0 ? texts.map(quoted).join("|") : "(?!)", "gu");
  }

  /** @returns ids, with nothing put round them */
  encode(text: string): number[] {
    const { tokenizer, tokenizerConfig } = this.#files;
    this.#encoder ??= new Encoder(
      { ...tokenizer, added_tokens: this.#added.filter((token) => !isSpecial(token)) },
      tokenizerConfig ?? {},
    );
    return this.#encoder.encode(text, { add_special_tokens: false }).ids;
  }
}

function isSpecial({ special, content }: JsonObject): boolean {
  return special === true || /^<\S+>$/u.test(content as string);
}

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/gu, "\\$&");
}
