import { WeightsError } from "../../base/errors.ts";
import { ByteReader, OutOfBytes } from "./byteReader.ts";
import { checkGgufStart } from "./checkGgufStart.ts";
import { GGUF_TYPES, type GgufType, ggufType, ggufTypeName } from "./ggufTypes.ts";

/** 64-bit integers are numbers where they are safe and bigints otherwise. */
export type GgufValue = number | bigint | boolean | string | readonly GgufValue[];

export interface GgufTensor {
  readonly type: GgufType;
  /** Row-major: the file's dimensions reversed. */
  readonly shape: readonly number[];
  /** The name of the file that it lies in. */
  readonly file: string;
  /** From the start of the file. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

export interface GgufHeader {
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, GgufTensor>;
  /** Bytes that metadata and directory take. */
  readonly headerBytes: number;
}

/** ggml's own limit. */
const MAX_AXES = 4;
const MAX_ARRAY_DEPTH = 4;
/** Making one takes longer than reading a word of a vocabulary. */
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
const DOWNLOAD_AGAIN = "The file is damaged or incomplete; download it again.";

/**
 * Reads metadata and tensor directory of a GGUF file, version 2 or 3, little-endian. Counts and lengths are held against
 * what is left of the file before anything is made of them.
 * @param bytes the start of the file
 * @returns null where `bytes` ends before the header does and the file goes on
 * @throws WeightsError ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_TRUNCATED
 * @see https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export function parseGguf(bytes: Uint8Array, fileSize: number, file: string): GgufHeader | null {
  checkGgufStart(bytes, fileSize, file);
  try {
    return new Parser(bytes, fileSize, file).header();
  } catch (error) {
    if (!(error instanceof OutOfBytes)) throw error;
    if (bytes.length < fileSize) return null;
    throw new WeightsError(
      "ERR_WEIGHTS_TRUNCATED",
      `${file}: expected more header after byte ${bytes.length}, got the end of the file. ${DOWNLOAD_AGAIN}`,
    );
  }
}

class Parser {
  readonly #reader: ByteReader;
  readonly #fileSize: number;
  readonly #file: string;

  constructor(bytes: Uint8Array, fileSize: number, file: string) {
    this.#reader = new ByteReader(bytes);
    this.#fileSize = fileSize;
    this.#file = file;
  }

  header(): GgufHeader {
    this.#reader.bytes(8); // the letters and the version
    const nTensors = this.#count("tensors", 8 + 4 + 8 + 4 + 8);
    const nValues = this.#count("metadata values", 8 + 4 + 1);
    const metadata = new Map<string, GgufValue>();
    for (let i = 0; i < nValues; i++) {
      const key = this.#string();
      if (metadata.has(key))
        throw this.#malformed("every key once", `${JSON.stringify(key)} twice`);
      metadata.set(key, this.#value(this.#reader.u32(), 0));
    }
    const alignment = metadata.get("general.alignment") ?? 32;
    if (typeof alignment !== "number" || alignment < 8 || alignment % 8 !== 0)
      throw this.#malformed("general.alignment to be a multiple of 8", String(alignment));
    const entries: [string, GgufTensor][] = [];
    for (let i = 0; i < nTensors; i++) entries.push(this.#tensor());
    const headerBytes = this.#reader.position;
    const dataStart = Math.ceil(headerBytes / alignment) * alignment;
    const tensors = new Map(
      entries.map(([name, tensor]) => {
        if (tensor.byteOffset % alignment !== 0)
          throw this.#malformed(
            `${name} at a multiple of ${alignment} bytes`,
            `${tensor.byteOffset}`,
          );
        return [name, { ...tensor, byteOffset: dataStart + tensor.byteOffset }];
      }),
    );
    if (tensors.size !== entries.length) throw this.#malformed("every tensor once", "a name twice");
    this.#checkPlaces(tensors);
    return { metadata, tensors, headerBytes };
  }

  #value(type: number, depth: number): GgufValue {
    const reader = this.#reader;
    switch (type) {
      case 0:
        return reader.u8();
      case 1:
        return (reader.u8() << 24) >> 24;
      case 2:
        return reader.u16();
      case 3:
        return (reader.u16() << 16) >> 16;
      case 4:
        return reader.u32();
      case 5:
        return reader.u32() | 0;
      case 6:
        return reader.f32();
      case 7:
        return reader.u8() !== 0;
      case 8:
        return this.#string();
      case 9:
        return this.#array(depth);
      case 10:
        return safe(reader.u64());
      case 11:
        return safe(BigInt.asIntN(64, reader.u64()));
      case 12:
        return reader.f64();
      default:
        throw this.#malformed("a metadata type from 0 to 12", `${type}`);
    }
  }

  #array(depth: number): GgufValue[] {
    if (depth >= MAX_ARRAY_DEPTH)
      throw this.#malformed(`arrays of at most ${MAX_ARRAY_DEPTH} levels`, "deeper ones");
    const type = this.#reader.u32();
    const least = [1, 1, 2, 2, 4, 4, 4, 1, 8, 12, 8, 8, 8][type] ?? 1;
    const count = this.#count("array elements", least);
    const values: GgufValue[] = [];
    for (let i = 0; i < count; i++) values.push(this.#value(type, depth + 1));
    return values;
  }

  /** Invalid UTF-8 becomes U+FFFD: what is in a vocabulary may be any bytes. */
  #string(): string {
    return UTF8.decode(this.#reader.bytes(this.#count("bytes of text", 1)));
  }

  /** A count of things that take at least `leastBytes` each. */
  #count(what: string, leastBytes: number): number {
    const count = this.#reader.u64Float();
    const left = this.#fileSize - this.#reader.position;
    if (count * leastBytes > left)
      throw this.#malformed(
        `at most ${Math.floor(left / leastBytes)} ${what} in the rest of the file`,
        `${count}`,
      );
    return count;
  }

  #tensor(): [string, GgufTensor] {
    const name = this.#string();
    const nAxes = this.#reader.u32();
    if (nAxes < 1 || nAxes > MAX_AXES)
      throw this.#malformed(`1 to ${MAX_AXES} axes of ${JSON.stringify(name)}`, `${nAxes}`);
    const axes = Array.from({ length: nAxes }, () => Number(this.#reader.u64()));
    const number = this.#reader.u32();
    const byteOffset = Number(this.#reader.u64());
    const type = ggufType(number);
    if (type === null)
      throw new WeightsError(
        "ERR_TENSOR_DTYPE",
        `${name}: expected one of ${Object.keys(GGUF_TYPES).join(", ")}, got ${ggufTypeName(number)} in ${this.#file}. Choose a file quantised to one of these types.`,
      );
    const { block, bytes } = GGUF_TYPES[type];
    const count = axes.reduce((a, b) => a * b, 1);
    const byteLength = (count / block) * bytes;
    if (!axes.every((axis) => axis >= 1) || (axes[0] ?? 0) % block !== 0)
      throw this.#malformed(
        `${name} to have rows of whole blocks of ${block}`,
        `(${axes.reverse().join(", ")}) ${type}`,
      );
    if (byteLength > this.#fileSize) throw this.#truncated(name, byteLength);
    return [name, { type, shape: axes.reverse(), file: this.#file, byteOffset, byteLength }];
  }

  #checkPlaces(tensors: ReadonlyMap<string, GgufTensor>): void {
    const placed = [...tensors].sort(([, a], [, b]) => a.byteOffset - b.byteOffset);
    let end = 0;
    for (const [name, { byteOffset, byteLength }] of placed) {
      if (byteOffset < end)
        throw this.#malformed(`${name} to start at byte ${end} or later`, `${byteOffset}`);
      end = byteOffset + byteLength;
      if (end > this.#fileSize) throw this.#truncated(name, end);
    }
  }

  #truncated(name: string, end: number): WeightsError {
    return new WeightsError(
      "ERR_WEIGHTS_TRUNCATED",
      `${this.#file}: expected ${name} up to byte ${end}, got a file of ${this.#fileSize} bytes. ${DOWNLOAD_AGAIN}`,
    );
  }

  #malformed(expected: string, got: string): WeightsError {
    return new WeightsError(
      "ERR_WEIGHTS_FORMAT",
      `${this.#file}: expected ${expected}, got ${got}. ${DOWNLOAD_AGAIN}`,
    );
  }
}

function safe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
