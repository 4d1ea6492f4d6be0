/**
 * Buffers that are filled anew for every chunk of a tensor, so that loading makes no garbage: what lies in them holds until
 * the same one is taken again.
 */
export class ChunkRoom {
  readonly #buffers = new Map<string, ArrayBuffer>();

  /** `byteLength` bytes at the start of the buffer of that name, with whatever they held before. */
  take(name: string, byteLength: number): Uint8Array<ArrayBuffer> {
    let buffer = this.#buffers.get(name);
    if (buffer === undefined || buffer.byteLength < byteLength) {
      buffer = new ArrayBuffer(Math.ceil(byteLength / 8) * 8);
      this.#buffers.set(name, buffer);
    }
    return new Uint8Array(buffer, 0, byteLength);
  }
}
