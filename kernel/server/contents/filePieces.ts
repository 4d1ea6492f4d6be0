import type { FileHandle } from "node:fs/promises";

/** A file of any size is read so much at a time, and no more of it is in memory. */
export const PIECE_BYTES = 512 * 2 ** 10;

/**
 * Told of every piece of a file that comes into memory, so that a test can count what is held.
 * @param path of the file that is read, on disk
 */
export type PieceObserver = (path: string, pieceBytes: number) => void;

export interface PieceOptions {
  /** The first byte and the last; the whole file unless given. */
  readonly range?: { readonly start: number; readonly end: number };
  readonly onPiece?: PieceObserver | undefined;
}

/**
 * The content of a file, piece after piece, each read when it is asked for. All of them lie in the same memory: one is
 * good until the next is asked for.
 */
export async function* filePieces(
  path: string,
  file: FileHandle,
  options: PieceOptions = {},
): AsyncGenerator<Uint8Array> {
  const room = Buffer.allocUnsafeSlow(PIECE_BYTES);
  for (let at = 0; ; ) {
    const piece = await readPiece(path, file, room, at, options);
    if (piece === null) return;
    at += piece.byteLength;
    yield piece;
  }
}

/**
 * The content of a file as the body of a response, piece after piece, each read when the client is ready for it and in
 * memory of its own. Closes the file at its end, or when the client goes away.
 */
export function fileBody(
  path: string,
  file: FileHandle,
  options: PieceOptions = {},
): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const piece = await readPiece(path, file, null, at, options);
          if (piece !== null) {
            at += piece.byteLength;
            controller.enqueue(piece);
            return;
          }
        } catch (error) {
          await file.close();
          throw error;
        }
        await file.close();
        controller.close();
      },
      cancel: () => file.close(),
    },
    { highWaterMark: 0 },
  );
}

/** @returns null at the end */
async function readPiece(
  path: string,
  file: FileHandle,
  room: Buffer | null,
  at: number,
  { range, onPiece }: PieceOptions,
): Promise<Uint8Array | null> {
  const { start, end } = range ?? { start: 0, end: Number.POSITIVE_INFINITY };
  const length = Math.min(PIECE_BYTES, end + 1 - start - at);
  if (length <= 0) return null;
  const buffer = room ?? Buffer.allocUnsafeSlow(length);
  const { bytesRead } = await file.read(buffer, 0, length, start + at);
  if (bytesRead === 0) return null;
  onPiece?.(path, bytesRead);
  return buffer.subarray(0, bytesRead);
}
