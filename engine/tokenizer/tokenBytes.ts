import { ConfigError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { AddedToken } from "./addedToken.ts";
import { byteOfCharacter } from "./byteAlphabet.ts";
import { componentsOf } from "./components.ts";

/** Every token's bytes. */
export interface TokenBytes {
  /** One more than the largest id. */
  readonly size: number;
  /** Does decoding a whole text drop one space at its start? (SentencePiece puts one before the first word.) */
  readonly startsWithSpace: boolean;
  has(id: number): boolean;
  /** Empty for an id without token. */
  of(id: number): Uint8Array;
}

type Unspell = (token: string) => Uint8Array;

const utf8 = new TextEncoder();
const NO_BYTES = new Uint8Array();

/**
 * Reads how tokens spell bytes from the decoder in tokenizer.json: byte-level (GPT-2's alphabet of 256 characters),
 * SentencePiece ("▁" for a space, <0xNN> for a byte) or their own text (with <0xNN>). Added tokens stand for their own text.
 * @param tokenizer tokenizer.json with its ids by token, checked
 * @throws ConfigError ERR_TOKENIZER for another kind of decoder
 */
export function tokenBytes(tokenizer: JsonObject, tokens: readonly AddedToken[]): TokenBytes {
  const decoders = componentsOf(tokenizer.decoder, "decoders");
  const { unspell, startsWithSpace } = spelling(decoders);
  const spelled = tokensById(tokenizer);
  const added = new Map<number, string>();
  for (const { id, content } of tokens) added.set(id, content);
  let size = spelled.length;
  for (const id of added.keys()) size = Math.max(size, id + 1);
  const of = (id: number): Uint8Array => {
    const text = added.get(id);
    if (text !== undefined) return utf8.encode(text);
    const token = spelled[id];
    return token === undefined ? NO_BYTES : unspell(token);
  };
  return { size, startsWithSpace, has: (id) => added.has(id) || spelled[id] !== undefined, of };
}

function spelling(decoders: readonly JsonObject[]): { unspell: Unspell; startsWithSpace: boolean } {
  const types = decoders.map((decoder) => decoder.type);
  if (types.includes("ByteLevel")) return { unspell: fromByteAlphabet, startsWithSpace: false };
  const metaspace = decoders.find((decoder) => decoder.type === "Metaspace");
  if (metaspace)
    return {
      unspell: fromSentencePiece,
      startsWithSpace: metaspace.prepend_scheme !== "never" && metaspace.add_prefix_space !== false,
    };
  const replace = decoders.find((decoder) => decoder.type === "Replace");
  if (replace && JSON.stringify(replace.pattern) === '{"String":"▁"}')
    return { unspell: fromSentencePiece, startsWithSpace: types.includes("Strip") };
  if (types.join() === "ByteFallback,Fuse") return { unspell: fromText, startsWithSpace: false };
  throw new ConfigError(
    "ERR_TOKENIZER",
    `tokenizer.json: expected a decoder of kind ByteLevel, Metaspace, Replace "▁" or ByteFallback with Fuse, got ${types.join(", ") || "none"}. This engine runs language models with byte-level BPE or SentencePiece vocabularies.`,
  );
}

function fromByteAlphabet(token: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of token) {
    const byte = byteOfCharacter(character);
    if (byte === undefined) return utf8.encode(token);
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

function fromSentencePiece(token: string): Uint8Array {
  return fromText(token.replaceAll("▁", " "));
}

function fromText(token: string): Uint8Array {
  const byte = /^<0x([0-9A-Fa-f]{2})>$/.exec(token)?.[1];
  return byte === undefined ? utf8.encode(token) : Uint8Array.of(Number.parseInt(byte, 16));
}

/** The vocabulary's tokens at their ids, with holes where there is none. */
function tokensById(tokenizer: JsonObject): readonly (string | undefined)[] {
  const { vocab } = tokenizer.model as { vocab: Map<string, number> | [string, number][] };
  if (Array.isArray(vocab)) return vocab.map(([token]) => token);
  const tokens: string[] = [];
  for (const [token, id] of vocab) tokens[id] = token;
  return tokens;
}
