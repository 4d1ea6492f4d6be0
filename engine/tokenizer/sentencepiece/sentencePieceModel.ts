import { ConfigError } from "../../base/errors.ts";

/** How a piece came into a vocabulary, as sentencepiece_model.proto numbers it. */
type PieceKind = "normal" | "unknown" | "control" | "user defined" | "unused" | "byte";

const KINDS: readonly (PieceKind | undefined)[] = [
  undefined,
  "normal",
  "unknown",
  "control",
  "user defined",
  "unused",
  "byte",
];

/** What a SentencePiece model file (tokenizer.model, spiece.model) says. */
export interface SentencePieceModel {
  readonly algorithm: "unigram" | "bpe";
  /** By id. Scores are log probabilities of a unigram model, minus the rank of a BPE. */
  readonly pieces: readonly {
    readonly piece: string;
    readonly score: number;
    readonly kind: PieceKind;
  }[];
  readonly hasByteFallback: boolean;
  /** Null where there is none. */
  readonly unkId: number | null;
  readonly bosId: number | null;
  readonly eosId: number | null;
  readonly padId: number | null;
  /** Empty where characters stay as they are. */
  readonly charsmap: Uint8Array;
  readonly addsDummyPrefix: boolean;
  readonly removesExtraWhitespace: boolean;
}

/** One field of a protobuf message: a number (varint or float) or bytes. */
type Field = { readonly number: number; readonly value: number | Uint8Array };

const text = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/**
 * Reads a SentencePiece model: the message ModelProto of sentencepiece_model.proto.
 * @param file what to call it
 * @throws ConfigError ERR_TOKENIZER_MISSING where the bytes are no such message, or of a kind that is not run here
 */
export function parseSentencePiece(bytes: Uint8Array, file: string): SentencePieceModel {
  let model: SentencePieceModel | string;
  try {
    model = modelOf(bytes);
  } catch {
    model = "bytes that are none";
  }
  if (typeof model !== "string") return model;
  throw new ConfigError(
    "ERR_TOKENIZER_MISSING",
    `${file}: expected a SentencePiece model, unigram or BPE, got ${isTiktoken(bytes) ? "a tiktoken vocabulary" : model}. Save the tokenizer with transformers' AutoTokenizer.save_pretrained, which writes tokenizer.json.`,
  );
}

/** @returns what is wrong, where something is */
function modelOf(bytes: Uint8Array): SentencePieceModel | string {
  const all = [...fieldsOf(bytes)];
  const messages = (number: number) =>
    all.filter((field) => field.number === number).map(({ value }) => value as Uint8Array);
  const pieces = messages(1).map(pieceOf);
  if (pieces.length === 0) return "no pieces";
  const trainer = merged(messages(2));
  const normalizer = merged(messages(3));
  const kind = trainer.number(3, 1);
  if (kind !== 1 && kind !== 2) return kind === 3 ? "a model of words" : "a model of characters";
  if (trainer.number(24, 0) === 1) return "one that treats white space as a suffix";
  if (normalizer.number(5, 1) === 0) return "one that does not escape white space";
  const id = (number: number, usual: number): number | null => {
    const given = trainer.number(number, usual) | 0;
    return given >= 0 && given < pieces.length ? given : null;
  };
  return {
    algorithm: kind === 1 ? "unigram" : "bpe",
    pieces,
    hasByteFallback: trainer.number(35, 0) === 1,
    unkId: id(40, 0),
    bosId: id(41, 1),
    eosId: id(42, 2),
    padId: id(43, -1),
    charsmap: normalizer.bytes(2),
    addsDummyPrefix: normalizer.number(3, 1) === 1,
    removesExtraWhitespace: normalizer.number(4, 1) === 1,
  };
}

function pieceOf(bytes: Uint8Array) {
  const message = merged([bytes]);
  const kind = KINDS[message.number(3, 1)];
  if (kind === undefined) throw new Error("a piece of no known kind");
  return { piece: text.decode(message.bytes(1)), score: message.number(2, 0), kind };
}

/** A message in parts, of whose fields the last counts. */
function merged(parts: readonly Uint8Array[]) {
  const fields = new Map(
    parts.flatMap((part) => [...fieldsOf(part)]).map(({ number, value }) => [number, value]),
  );
  return {
    number: (number: number, usual: number): number => {
      const value = fields.get(number);
      return typeof value === "number" ? value : usual;
    },
    bytes: (number: number): Uint8Array => {
      const value = fields.get(number);
      return value instanceof Uint8Array ? value : new Uint8Array();
    },
  };
}

function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = view.getUint8(at++);
      if (shift < 35) value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new Error("a number that does not end");
  };
  while (at < bytes.length) {
    const key = varint();
    const number = key >>> 3;
    const wire = key & 7;
    if (wire === 0) yield { number, value: varint() };
    else if (wire === 5) {
      yield { number, value: view.getFloat32(at, true) };
      at += 4;
    } else if (wire === 1) at += 8;
    else if (wire === 2) {
      const length = varint();
      if (at + length > bytes.length) throw new Error("a field that does not end");
      yield { number, value: bytes.subarray(at, at + length) };
      at += length;
    } else throw new Error("a field of no known kind");
  }
  if (at !== bytes.length) throw new Error("a field that does not end");
}

/** Lines of a token in base64 and its rank. */
function isTiktoken(bytes: Uint8Array): boolean {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 200));
  return /^[A-Za-z0-9+/]+=* \d+\r?\n/.test(start);
}
