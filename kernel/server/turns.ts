import { setImmediate } from "node:timers/promises";

/** Bytes after which others have their turn: what is done with them takes a few milliseconds. */
const TURN_BYTES = 512 * 2 ** 10;

/** Texts as bytes, in pieces that are neither short nor long, with turns for other work of this thread in between. */
export async function* inTurns(texts: Iterable<string>): AsyncGenerator<Uint8Array> {
  let parts: string[] = [];
  let characters = 0;
  for (const text of texts) {
    parts.push(text);
    characters += text.length;
    if (characters < TURN_BYTES) continue;
    yield* bytesInTurns(Buffer.from(parts.join("")));
    [parts, characters] = [[], 0];
  }
  if (parts.length > 0) yield* bytesInTurns(Buffer.from(parts.join("")));
}

/** Bytes in pieces, with a turn after each. */
export async function* bytesInTurns(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += TURN_BYTES) {
    yield bytes.subarray(start, start + TURN_BYTES);
    await setImmediate();
  }
}
