import { open } from "node:fs/promises";

/** A line without its end; the file's last may have none. */
export interface FileLine {
  readonly text: string;
  readonly isEnded: boolean;
}

const CHUNK_BYTES = 2 ** 20;
const LINE_FEED = 10;

/**
 * The lines of a file of UTF-8, one after the other, so that it may have more letters than a text.
 * @throws what opening and reading throw
 */
export function fileLines(
  path: string,
  chunkBytes = CHUNK_BYTES,
): AsyncGenerator<FileLine, void, undefined> {
  return linesOf(fileChunks(path, chunkBytes));
}

/**
 * The lines in bytes of UTF-8. A chunk is done with when the next one is asked for. A line feed ends a line and nothing else does: Node's
 * readline also takes U+2028 for an end, which JSON may have in its texts.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<FileLine, void, undefined> {
  let begun: Buffer[] = [];
  for await (const chunk of chunks) {
    const read = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = read.indexOf(LINE_FEED); end >= 0; end = read.indexOf(LINE_FEED, start)) {
      yield { text: textOf(begun, read.subarray(start, end)), isEnded: true };
      begun = [];
      start = end + 1;
    }
    if (start < read.length) begun.push(Buffer.from(read.subarray(start))); // the chunk is filled anew
  }
  if (begun.length > 0) yield { text: textOf(begun), isEnded: false };
}

async function* fileChunks(path: string, chunkBytes: number): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes);
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function textOf(begun: readonly Buffer[], rest?: Buffer): string {
  if (begun.length === 0 && rest !== undefined) return rest.toString("utf8");
  return Buffer.concat(rest === undefined ? begun : [...begun, rest]).toString("utf8");
}
