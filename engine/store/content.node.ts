import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";

/** What an object is to hold. */
export interface Content {
  readonly bytes: number;
  /** In hexadecimal digits. */
  readonly sha256: string;
  /** The bytes in pieces of that size, the last one shorter. @throws what reading throws */
  pieces(size: number): AsyncGenerator<Uint8Array<ArrayBuffer>>;
}

const CHUNK_BYTES = 2 ** 20;

/** Bytes that are at hand. */
export function textContent(text: string): Content {
  const all = new Uint8Array(Buffer.from(text));
  return {
    bytes: all.length,
    sha256: createHash("sha256").update(all).digest("hex"),
    pieces: async function* (size) {
      for (let from = 0; from < all.length; from += size) yield all.slice(from, from + size);
    },
  };
}

/**
 * A file, or a part of one that is only ever appended to.
 * @param range from its first byte to the one that is no longer of it. Default: the whole
 * @throws what reading throws
 */
export async function fileContent(
  path: string,
  range?: { readonly from: number; readonly to: number },
): Promise<Content> {
  const { from, to } = range ?? { from: 0, to: (await stat(path)).size };
  const pieces = (size: number) => readRange(path, { from, to, size });
  const hash = createHash("sha256");
  for await (const piece of pieces(CHUNK_BYTES)) hash.update(piece);
  return { bytes: to - from, sha256: hash.digest("hex"), pieces };
}

async function* readRange(
  path: string,
  { from, to, size }: { readonly from: number; readonly to: number; readonly size: number },
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const file = await open(path);
  try {
    for (let at = from; at < to; at += size) {
      const piece = new Uint8Array(Math.min(size, to - at));
      for (let filled = 0; filled < piece.length; ) {
        const left = piece.length - filled;
        const { bytesRead } = await file.read(piece, filled, left, at + filled);
        if (bytesRead === 0) throw new Error(`${path}: expected ${to} bytes, got fewer`);
        filled += bytesRead;
      }
      yield piece;
    }
  } finally {
    await file.close();
  }
}
