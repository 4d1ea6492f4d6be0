import { open } from "node:fs/promises";

/** A line without its end; the file's last may have none. */
export interface FileLine {
  readonly text: string;
  readonly isEnded: boolean;
}

const CHUNK_BYTES = 2 ** 20;
const LINE_FEED = 10;

/**
 * The lines of a file of UTF-8, one after the other, so that it may have more letters than a text. A line feed ends a line and nothing else
 * does: Node's readline also takes U+2028 for an end, which JSON may have in its texts.
 * @throws what opening and reading throw
 */
export async function* fileLines(
  path: string,
  chunkBytes = CHUNK_BYTES,
): AsyncGenerator<FileLine, void, undefined> {
  const file = await open(path);
  try {
    const chunk = Buffer.allocUnsafe(chunkBytes);
    let begun: Buffer[] = [];
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes);
      if (bytesRead === 0) break;
      const read = chunk.subarray(0, bytesRead);
      let start = 0;
      for (let end = read.indexOf(LINE_FEED); end >= 0; end = read.indexOf(LINE_FEED, start)) {
        yield { text: textOf(begun, read.subarray(start, end)), isEnded: true };
        begun = [];
        start = end + 1;
      }
      if (start < bytesRead) begun.push(Buffer.from(read.subarray(start))); // the chunk is filled anew
    }
    if (begun.length > 0) yield { text: textOf(begun), isEnded: false };
  } finally {
    await file.close();
  }
}

function textOf(begun: readonly Buffer[], rest?: Buffer): string {
  if (begun.length === 0 && rest !== undefined) return rest.toString("utf8");
  return Buffer.concat(rest === undefined ? begun : [...begun, rest]).toString("utf8");
}
