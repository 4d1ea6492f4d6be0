import { InputError } from "./errors.ts";

/** Letters (of UTF-16) that a text may have in V8. */
const LONGEST_TEXT = 2 ** 29 - 24;

/** Letters of a batch, about. */
const BATCH = 2 ** 20;

/** Joins short pieces of a text to longer ones, so that each is worth a call of the system. */
export function* inBatches(pieces: Iterable<string>, least = BATCH): Generator<string> {
  let batch = "";
  for (const piece of pieces) {
    if (piece.length >= least) {
      if (batch !== "") yield batch;
      batch = "";
      yield piece;
      continue;
    }
    batch += piece;
    if (batch.length < least) continue;
    yield batch;
    batch = "";
  }
  if (batch !== "") yield batch;
}

interface Whole {
  /** The function that gives the text, for the message. */
  readonly what: string;
  readonly fix: string;
  readonly most?: number;
}

/** Pieces as one text. @throws InputError ERR_TEXT_LENGTH where a text cannot have so many letters */
export function wholeText(
  pieces: Iterable<string>,
  { what, fix, most = LONGEST_TEXT }: Whole,
): string {
  const kept: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    length += piece.length;
    if (length > most) throw tooLong(what, fix);
    kept.push(piece);
  }
  return kept.join("");
}

/** @param what is too long, for the message */
export function tooLong(what: string, fix: string, cause?: unknown): InputError {
  return new InputError(
    "ERR_TEXT_LENGTH",
    `${what}: expected at most ${LONGEST_TEXT} letters, as many as a text may have, got more. ${fix}`,
    { cause },
  );
}

/** A list as `JSON.stringify` writes it, in pieces. @param json what writes an item */
export function* jsonList<Item>(
  items: Iterable<Item>,
  json: (item: Item) => string,
): Generator<string> {
  let before = "[";
  for (const item of items) {
    yield before + json(item);
    before = ",";
  }
  yield before === "[" ? "[]" : "]";
}
