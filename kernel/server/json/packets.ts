import type { Writable } from "node:stream";

/** Bytes, with something short about them that JSON can say. */
export interface WithBytes {
  readonly bytes: readonly Uint8Array[];
}

interface Head {
  readonly value: object;
  readonly lengths: readonly number[];
}

const SIZE_BYTES = 4;

/** Writes a value to another process: the size of its head, the head as JSON, and the bytes as they are. */
export function writePacket(to: Writable, { bytes, ...value }: WithBytes): void {
  const head: Head = { value, lengths: bytes.map(({ byteLength }) => byteLength) };
  const json = Buffer.from(JSON.stringify(head));
  const size = Buffer.alloc(SIZE_BYTES);
  size.writeUInt32LE(json.byteLength);
  for (const part of [size, json, ...bytes]) to.write(part);
}

/** The values that another process wrote, until it ends. */
export async function* readPackets(from: AsyncIterable<Uint8Array>): AsyncGenerator<WithBytes> {
  const source = new ByteSource(from);
  for (;;) {
    const size = await source.take(SIZE_BYTES);
    const json = size && (await source.take(Buffer.from(size).readUInt32LE()));
    if (json === null) return;
    const { value, lengths } = JSON.parse(Buffer.from(json).toString("utf8")) as Head;
    const bytes: Uint8Array[] = [];
    for (const length of lengths) {
      const part = await source.take(length);
      if (part === null) return;
      bytes.push(part);
    }
    yield { ...value, bytes };
  }
}

/** Takes as many bytes at a time as are asked for from a stream that comes in pieces of its own. */
class ByteSource {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array();

  constructor(from: AsyncIterable<Uint8Array>) {
    this.#pieces = from[Symbol.asyncIterator]();
  }

  /** @returns null if the stream ends before */
  async take(length: number): Promise<Uint8Array | null> {
    const taken = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      if (this.#rest.byteLength === 0) {
        const next = await this.#pieces.next();
        if (next.done === true) return null;
        this.#rest = next.value;
      }
      const piece = this.#rest.subarray(0, length - at);
      taken.set(piece, at);
      at += piece.byteLength;
      this.#rest = this.#rest.subarray(piece.byteLength);
    }
    return taken;
  }
}
