/** The bytes at hand end before what is being read does. */
export class OutOfBytes extends Error {}

/** Little-endian numbers one after the other. */
export class ByteReader {
  position = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  /** An u64 as the nearest float: exact below 2^53. */
  u64Float(): number {
    const low = this.u32();
    return this.u32() * 2 ** 32 + low;
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), true);
  }

  /** A view, not a copy. */
  bytes(count: number): Uint8Array {
    const start = this.#take(count);
    return this.#bytes.subarray(start, start + count);
  }

  /** @throws OutOfBytes */
  #take(count: number): number {
    const start = this.position;
    if (start + count > this.#bytes.length) throw new OutOfBytes();
    this.position = start + count;
    return start;
  }
}
