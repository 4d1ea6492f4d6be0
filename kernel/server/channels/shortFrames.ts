import type { Duplex } from "node:stream";

/** A frame's payload up to this long stays as it is. A multiple of 4, after which the mask begins anew. */
const PIECE_BYTES = 2 ** 20;
const CONTINUATION = 0;
const FIN = 0x80;
const MASKED = 0x80;
const MASK_BYTES = 4;

/**
 * Cuts long frames of a WebSocket, as they come in, into frames of pieces. ws takes the mask off a whole frame at once, which
 * for 64 MB is a third of a second for which nobody else is served; a piece has little, and each its own turn.
 */
export class ShortFrames {
  /** The start of a header of which the rest has not come. */
  #begun: Buffer = Buffer.alloc(0);
  /** Bytes up to the next header, of a frame or of a piece. */
  #ahead = 0;
  /** What the next pieces of the frame that is being cut are made of. */
  #cut: { readonly isFinal: boolean; readonly mask: Buffer; rest: number } | null = null;

  /** @returns the same messages in shorter frames, as far as they have come */
  push(bytes: Buffer): Buffer[] {
    const out: Buffer[] = [];
    let left = this.#begun.byteLength === 0 ? bytes : Buffer.concat([this.#begun, bytes]);
    this.#begun = Buffer.alloc(0);
    while (left.byteLength > 0) {
      if (this.#ahead === 0 && this.#cut !== null) out.push(this.#nextPiece(CONTINUATION));
      else if (this.#ahead === 0) {
        const size = headerSize(left);
        if (size > left.byteLength) {
          this.#begun = left;
          break;
        }
        out.push(this.#begin(left.subarray(0, size)));
        left = left.subarray(size);
      }
      const passed = left.subarray(0, this.#ahead);
      if (passed.byteLength > 0) out.push(passed);
      this.#ahead -= passed.byteLength;
      left = left.subarray(passed.byteLength);
    }
    return out;
  }

  /** @returns the header to pass on for one that came */
  #begin(header: Buffer): Buffer {
    const [first = 0, second = 0] = header;
    const length = payloadLength(header);
    this.#ahead = length;
    if (length <= PIECE_BYTES) return header;
    const mask = second & MASKED ? header.subarray(-MASK_BYTES) : Buffer.alloc(0);
    this.#cut = { isFinal: (first & FIN) !== 0, mask, rest: length };
    return this.#nextPiece(first & ~FIN);
  }

  /** @returns its header, with what the first byte says beside whether it is the last */
  #nextPiece(first: number): Buffer {
    if (this.#cut === null) throw new RangeError("shortFrames: expected a frame to cut, got none.");
    const { isFinal, mask, rest } = this.#cut;
    const length = Math.min(rest, PIECE_BYTES);
    this.#ahead = length;
    this.#cut.rest -= length;
    const isLast = this.#cut.rest === 0;
    if (isLast) this.#cut = null;
    const header = Buffer.alloc(10);
    header[0] = first | (isLast && isFinal ? FIN : 0);
    header[1] = 127 | (mask.byteLength > 0 ? MASKED : 0);
    header.writeBigUInt64BE(BigInt(length), 2);
    return Buffer.concat([header, mask]);
  }
}

/** Has a WebSocket's listener hear of short frames only. To be called before any data came. */
export function shortenFrames(socket: Duplex): void {
  const frames = new ShortFrames();
  for (const listener of socket.listeners("data")) {
    const shortened = (bytes: Buffer): void => {
      for (const part of frames.push(bytes)) listener.call(socket, part);
    };
    socket.on("data", shortened);
    socket.off("data", listener as (bytes: Buffer) => void);
    Object.assign(shortened, { listener }); // whoever takes the other away means this one
  }
}

/** Of the header that begins here; more than there is where that does not tell yet. */
function headerSize(bytes: Buffer): number {
  const second = bytes[1];
  if (second === undefined) return 2;
  const lengthBytes = { 126: 2, 127: 8 }[second & 0x7f] ?? 0;
  return 2 + lengthBytes + (second & MASKED ? MASK_BYTES : 0);
}

function payloadLength(header: Buffer): number {
  const length = (header[1] ?? 0) & 0x7f;
  if (length === 126) return header.readUInt16BE(2);
  return length === 127 ? Number(header.readBigUInt64BE(2)) : length;
}
