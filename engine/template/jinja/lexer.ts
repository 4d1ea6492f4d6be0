import { TemplateSyntaxError, UnsupportedByUs } from "./templateErrors.ts";
import { SPACE } from "./textClasses.ts";

export type TokenKind =
  | "data"
  | "blockBegin"
  | "blockEnd"
  | "variableBegin"
  | "variableEnd"
  | "name"
  | "string"
  | "integer"
  | "float"
  | "operator"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  /** Strings are unescaped, numbers without underscores. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
}

const RAW_BEGIN = new RegExp(`\\{%([-+]?)${SPACE}*raw${SPACE}*(?:-%\\}${SPACE}*|%\\})`, "y");
const RAW_END = new RegExp(
  `\\{%([-+]?)${SPACE}*endraw${SPACE}*(?:\\+%\\}|-%\\}${SPACE}*|%\\}\\n?)`,
  "g",
);
const COMMENT_END = new RegExp(`\\+#\\}|-#\\}${SPACE}*|#\\}\\n?`, "g");
const BLOCK_END = new RegExp(`\\+%\\}|-%\\}${SPACE}*|%\\}\\n?`, "y");
const VARIABLE_END = new RegExp(`-\\}\\}${SPACE}*|\\}\\}`, "y");
const SPACES = new RegExp(`${SPACE}+`, "y");
const SPACES_AT_END = new RegExp(`${SPACE}+$`);
const FLOAT = /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy;
const INTEGER = /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
const NAME = /[\p{L}\p{N}_]+/uy;
const STRING = /'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"/sy;
const OPERATOR = /\*\*|\/\/|==|!=|>=|<=|[-+*/%~[\](){}<>=.:|,;]/y;
const CLOSES: Readonly<Record<string, string>> = { ")": "(", "]": "[", "}": "{" };

/**
 * A template as tokens, with the white space that Jinja drops under trim_blocks and lstrip_blocks dropped: the line break
 * behind a block or comment, the indentation before one, and what `-` beside a delimiter asks for. Line breaks are \n, and
 * the last one is gone.
 * @throws TemplateSyntaxError; UnsupportedByUs
 */
export function tokenize(template: string): Token[] {
  return new Lexer(template.replace(/\r\n?/g, "\n").replace(/\n$/, "")).run();
}

class Lexer {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #line = 1;

  constructor(source: string) {
    this.#source = source;
  }

  run(): Token[] {
    while (this.#at < this.#source.length) this.#outside();
    this.#push("end", "");
    return this.#tokens;
  }

  /** Text up to the next delimiter, and what that opens. */
  #outside(): void {
    const found = this.#source.slice(this.#at).search(/\{[%{#]/);
    if (found < 0) {
      this.#data(this.#source.slice(this.#at), "", false);
      return;
    }
    const text = this.#source.slice(this.#at, this.#at + found);
    const begin = this.#at + found;
    RAW_BEGIN.lastIndex = begin;
    const raw = RAW_BEGIN.exec(this.#source);
    const opens = this.#source[begin + 1];
    const sign = raw ? raw[1] : /[-+]?/.exec(this.#source.slice(begin + 2, begin + 3))?.[0];
    this.#data(text, sign ?? "", opens !== "{");
    this.#at = begin;
    if (raw) {
      this.#raw(raw[0]);
      return;
    }
    this.#skip(2 + (sign?.length ?? 0));
    if (opens === "#") this.#comment();
    else this.#inside(opens === "%");
  }

  /** @param trims indentation before the delimiter goes, unless its sign is + */
  #data(text: string, sign: string, trims: boolean): void {
    let kept = text;
    if (sign === "-") kept = text.replace(SPACES_AT_END, "");
    else if (sign !== "+" && trims) {
      const start = text.lastIndexOf("\n") + 1;
      const isLineStart = start > 0 || this.#at === 0 || this.#source[this.#at - 1] === "\n";
      if (isLineStart && text.slice(start).replace(SPACES_AT_END, "") === "")
        kept = text.slice(0, start);
    }
    if (kept !== "") this.#push("data", kept);
    this.#skip(text.length);
  }

  #raw(begin: string): void {
    this.#skip(begin.length);
    RAW_END.lastIndex = this.#at;
    const end = RAW_END.exec(this.#source);
    if (this.#at === this.#source.length) return;
    if (!end) throw this.#error("Missing end of raw directive");
    this.#data(this.#source.slice(this.#at, end.index), end[1] ?? "", true);
    this.#skip(end[0].length);
  }

  #comment(): void {
    COMMENT_END.lastIndex = this.#at;
    const end = COMMENT_END.exec(this.#source);
    // Behind an opening at the very end Jinja looks for nothing.
    if (this.#at === this.#source.length) return;
    if (!end) throw this.#error("Missing end of comment tag");
    this.#skip(end.index + end[0].length - this.#at);
  }

  #inside(isBlock: boolean): void {
    this.#push(isBlock ? "blockBegin" : "variableBegin", "");
    const open: string[] = [];
    for (;;) {
      if (this.#at >= this.#source.length)
        throw this.#error(`unexpected end of template inside ${isBlock ? "{% %}" : "{{ }}"}`);
      const end = open.length === 0 ? this.#match(isBlock ? BLOCK_END : VARIABLE_END) : null;
      if (end !== null) {
        this.#push(isBlock ? "blockEnd" : "variableEnd", "");
        this.#skip(end.length);
        return;
      }
      this.#token(open);
    }
  }

  #token(open: string[]): void {
    const read = (kind: TokenKind | null, pattern: RegExp, value = (text: string) => text) => {
      const text = this.#match(pattern);
      if (text === null) return false;
      if (kind !== null) this.#push(kind, value(text));
      this.#skip(text.length);
      return true;
    };
    const digits = (text: string) => text.replaceAll("_", "");
    if (
      read(null, SPACES) ||
      read("float", FLOAT, digits) ||
      read("integer", INTEGER, digits) ||
      read("name", NAME) ||
      read("string", STRING, (text) => this.#unescape(text.slice(1, -1)))
    )
      return;
    const text = this.#match(OPERATOR);
    if (text === null)
      throw this.#error(`unexpected char ${JSON.stringify(this.#source[this.#at])}`);
    if ("([{".includes(text)) open.push(text);
    const opener = CLOSES[text];
    if (opener !== undefined && open.pop() !== opener) throw this.#error(`unexpected '${text}'`);
    this.#push("operator", text);
    this.#skip(text.length);
  }

  /** Python's escapes; one that it does not know stays as it is written. */
  #unescape(text: string): string {
    return text.replace(
      /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([\s\S]))/g,
      (whole, octal?: string, x?: string, u?: string, long?: string, single?: string) => {
        if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
        const hex = x ?? u ?? long;
        if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16));
        if (single === "N") throw new UnsupportedByUs("the escape \\N{...} in a string");
        if (single !== undefined && "xuU".includes(single))
          throw this.#error(`truncated escape \\${single}`);
        return single === undefined ? whole : (ESCAPES[single] ?? whole);
      },
    );
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source)?.[0] ?? null;
  }

  #push(kind: TokenKind, text: string): void {
    this.#tokens.push({ kind, text, line: this.#line });
  }

  #skip(length: number): void {
    const end = this.#at + length;
    for (; this.#at < end; this.#at += 1) if (this.#source[this.#at] === "\n") this.#line += 1;
  }

  #error(message: string): TemplateSyntaxError {
    return new TemplateSyntaxError(message, this.#line);
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\n": "",
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
