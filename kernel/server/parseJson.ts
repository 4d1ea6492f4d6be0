import { setImmediate } from "node:timers/promises";
import { DEEPEST_JSON, isTooDeep } from "./contents/jsonDepth.ts";

/** Characters that are parsed in one go: a few milliseconds. */
const PIECE = 512 * 2 ** 10;
/** Characters after which others have their turn. */
const TURN = 2 * 2 ** 20;

export interface ParseOptions {
  /** `PIECE` unless given. */
  readonly pieceCharacters?: number;
  /** Told of every text that is parsed in one go, so that a test can see that none is long. */
  readonly onPiece?: (characters: number) => void;
}

/** A text has more lists and objects in one another than `DEEPEST_JSON`. */
export class TooDeepError extends Error {}

/**
 * As `JSON.parse`, but a long text is taken apart and parsed in pieces, and other work of this thread is done in between: a
 * worker would not help, since what it has parsed must be built once more on this side.
 * @throws SyntaxError, TooDeepError
 */
export async function parseJson(text: string, options: ParseOptions = {}): Promise<unknown> {
  if (text.length > (options.pieceCharacters ?? PIECE))
    return await new PieceParser(text, options).parse();
  const value: unknown = JSON.parse(text);
  if (isTooDeep(value)) throw new TooDeepError();
  return value;
}

/** What `#scan` finds after the members that it passes. */
interface Stop {
  readonly at: number;
  readonly isEnd: boolean;
}

class PieceParser {
  readonly #text: string;
  readonly #piece: number;
  readonly #onPiece: ((characters: number) => void) | undefined;
  #at = 0;
  #sinceTurn = 0;

  constructor(text: string, { pieceCharacters = PIECE, onPiece }: ParseOptions) {
    this.#text = text;
    this.#piece = pieceCharacters;
    this.#onPiece = onPiece;
  }

  async parse(): Promise<unknown> {
    const value = await this.#value(1);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#unexpected();
    return value;
  }

  async #value(depth: number): Promise<unknown> {
    this.#skipSpace();
    const first = this.#text[this.#at];
    if (first === '"') return await this.#string();
    if (first !== "{" && first !== "[") return this.#scalar();
    if (depth > DEEPEST_JSON) throw new TooDeepError();
    this.#at++;
    return first === "{" ? await this.#object(depth) : await this.#array(depth);
  }

  async #object(depth: number): Promise<unknown> {
    const object = {};
    await this.#members(depth, "}", async (slice) => {
      if (slice !== null) {
        for (const [name, value] of Object.entries(this.#parsed(`{${slice}}`) as object))
          setMember(object, name, value);
        return;
      }
      this.#skipSpace();
      if (this.#text[this.#at] !== '"') throw this.#unexpected();
      const name = await this.#string();
      this.#skipSpace();
      if (!this.#take(":")) throw this.#unexpected();
      setMember(object, name, await this.#value(depth + 1));
    });
    return object;
  }

  async #array(depth: number): Promise<unknown[]> {
    const array: unknown[] = [];
    await this.#members(depth, "]", async (slice) => {
      if (slice === null) array.push(await this.#value(depth + 1));
      else for (const value of this.#parsed(`[${slice}]`) as unknown[]) array.push(value);
    });
    return array;
  }

  /** Passes on as many members at a time as a piece holds, or null for one that is longer and must be taken apart. */
  async #members(
    depth: number,
    close: "}" | "]",
    add: (slice: string | null) => Promise<void>,
  ): Promise<void> {
    for (let isFirst = true; ; isFirst = false) {
      const stop = this.#scan(depth);
      if (stop === null) {
        await add(null);
        this.#skipSpace();
        if (this.#take(close)) return;
        if (!this.#take(",")) throw this.#unexpected();
        continue;
      }
      if (stop.isEnd && this.#text[stop.at] !== close) throw this.#unexpected(stop.at);
      const slice = this.#text.slice(this.#at, stop.at);
      const isEmpty = /^[ \t\r\n]*$/.test(slice);
      if (isEmpty && !(isFirst && stop.isEnd)) throw this.#unexpected(stop.at);
      if (!isEmpty) await add(slice);
      await this.#turn(stop.at + 1 - this.#at);
      this.#at = stop.at + 1;
      if (stop.isEnd) return;
    }
  }

  /**
   * The end of the list or object whose members come next, or the last comma between them that lies within a piece; null if
   * the next member alone is longer.
   */
  #scan(outerDepth: number): Stop | null {
    const text = this.#text;
    const limit = Math.min(text.length, this.#at + this.#piece);
    let depth = outerDepth;
    let comma = -1;
    for (let at = this.#at; at < limit; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x22) at = this.#stringEnd(at) - 1;
      else if (code === 0x2c && depth === outerDepth) comma = at;
      else if (code === 0x7b || code === 0x5b) {
        if (++depth > DEEPEST_JSON) throw new TooDeepError();
      } else if (code === 0x7d || code === 0x5d) {
        if (--depth < outerDepth) return { at, isEnd: true };
      }
    }
    this.#sinceTurn += limit - Math.max(this.#at, comma);
    return comma < 0 ? null : { at: comma, isEnd: false };
  }

  /** A string; of a long one each piece is parsed as a string of its own. */
  async #string(): Promise<string> {
    const end = this.#stringEnd(this.#at);
    const parts: string[] = [];
    for (let from = this.#at + 1; from < end - 1; ) {
      const to = this.#cut(from, Math.min(from + this.#piece, end - 1));
      parts.push(this.#parsed(`"${this.#text.slice(from, to)}"`) as string);
      await this.#turn(to - from);
      from = to;
    }
    this.#at = end;
    return parts.join("");
  }

  /** `to`, or a place near it that is not inside an escape. */
  #cut(from: number, to: number): number {
    const text = this.#text;
    for (let at = to - 1; at >= Math.max(from, to - 5); at--) {
      if (text[at] !== "\\") continue;
      let before = 0;
      while (at - before > from && text[at - before - 1] === "\\") before++;
      if (before % 2 === 1) continue; // it ends an escape
      const end = at + (text[at + 1] === "u" ? 6 : 2);
      if (end <= to) return to;
      return at > from ? at : end;
    }
    return to;
  }

  #scalar(): unknown {
    const scalar = /[^\s,\]}:"[{]+/y;
    scalar.lastIndex = this.#at;
    if (!scalar.test(this.#text)) throw this.#unexpected();
    const value = this.#parsed(this.#text.slice(this.#at, scalar.lastIndex));
    this.#at = scalar.lastIndex;
    return value;
  }

  #parsed(text: string): unknown {
    this.#onPiece?.(text.length);
    return JSON.parse(text);
  }

  /** The place after the closing quote of the string that starts here. */
  #stringEnd(start: number): number {
    for (let from = start + 1; ; ) {
      const quote = this.#text.indexOf('"', from);
      if (quote < 0) throw this.#unexpected(this.#text.length);
      let escapes = 0;
      while (this.#text[quote - 1 - escapes] === "\\") escapes++;
      if (escapes % 2 === 0) return quote + 1;
      from = quote + 1;
    }
  }

  #skipSpace(): void {
    const space = /[ \t\r\n]*/y;
    space.lastIndex = this.#at;
    space.test(this.#text);
    this.#at = space.lastIndex;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  async #turn(characters: number): Promise<void> {
    this.#sinceTurn += characters;
    if (this.#sinceTurn < TURN) return;
    this.#sinceTurn = 0;
    await setImmediate();
  }

  #unexpected(at = this.#at): SyntaxError {
    const got = at < this.#text.length ? JSON.stringify(this.#text[at]) : "the end";
    return new SyntaxError(`Unexpected ${got} at position ${at}`);
  }
}

/** As `JSON.parse` does it: a member of its own, whatever its name. */
function setMember(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, {
    value,
    configurable: true,
    enumerable: true,
    writable: true,
  });
}
