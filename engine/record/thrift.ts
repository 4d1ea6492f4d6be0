/** What a field has. Numbers of 64 bits are there as far as they are exact. */
export type ThriftValue = number | boolean | Uint8Array | readonly ThriftValue[] | ThriftStruct;

/** Fields by their numbers. */
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

/** Deeper than anything in Parquet. */
const MOST_DEPTH = 16;

/**
 * Reads structs as Thrift's compact protocol has them, and refuses what claims more than there is.
 * @see https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 */
export class ThriftReader {
  readonly #view: DataView;
  offset = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws RangeError */
  struct(depth = 0): ThriftStruct {
    if (depth > MOST_DEPTH) throw new RangeError(`structs in ${depth} others`);
    const fields = new Map<number, ThriftValue>();
    let id = 0;
    for (let header = this.#byte(); (header & 15) !== 0; header = this.#byte()) {
      const step = header >> 4;
      id = step === 0 ? this.#zigzag(32) : id + step;
      fields.set(id, this.#value(header & 15, depth));
    }
    return fields;
  }

  #value(type: number, depth: number): ThriftValue {
    switch (type) {
      case 1:
      case 2:
        return type === 1;
      case 3:
        return (this.#byte() << 24) >> 24;
      case 4:
      case 5:
        return this.#zigzag(32);
      case 6:
        return this.#zigzag(64);
      case 7:
        return this.#double();
      case 8:
        return this.#bytes();
      case 9:
        return this.#list(depth);
      case 12:
        return this.struct(depth + 1);
      default:
        throw new RangeError(`a field of the type ${type}`);
    }
  }

  #list(depth: number): ThriftValue[] {
    const header = this.#byte();
    const length = header >> 4 === 15 ? this.#varint(32) : header >> 4;
    const type = header & 15;
    this.#expect(length); // each item has a byte at least
    const isFlags = type === 1 || type === 2;
    return Array.from({ length }, () =>
      isFlags ? this.#byte() === 1 : this.#value(type, depth + 1),
    );
  }

  #bytes(): Uint8Array {
    const length = this.#varint(32);
    this.#expect(length);
    const bytes = new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.offset, length);
    this.offset += length;
    return bytes;
  }

  #double(): number {
    this.#expect(8);
    this.offset += 8;
    return this.#view.getFloat64(this.offset - 8, true);
  }

  #zigzag(bits: 32 | 64): number {
    const value = this.#varint(bits);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  #varint(bits: 32 | 64): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (value > (bits === 32 ? 2 ** 32 - 1 : Number.MAX_SAFE_INTEGER) || scale > 2 ** 63)
        throw new RangeError(`a number of more than ${bits} bits`);
      if (byte < 128) return value;
    }
  }

  #byte(): number {
    this.#expect(1);
    return this.#view.getUint8(this.offset++);
  }

  #expect(bytes: number): void {
    const left = this.#view.byteLength - this.offset;
    if (bytes > left) throw new RangeError(`${bytes} bytes where ${left} are left`);
  }
}
