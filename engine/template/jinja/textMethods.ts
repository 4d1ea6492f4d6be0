import { bind, integer, type Parameter, text as textArgument } from "./arguments.ts";
import { Tuple } from "./containers.ts";
import { pad } from "./formatSpec.ts";
import { sliceOf } from "./slices.ts";
import { PythonError, UnsupportedByUs } from "./templateErrors.ts";
import { capitalize, SPACE, splitLines, strip, swapCase, titleCase } from "./textClasses.ts";
import { type Arguments, iterate, textOf, type Value } from "./values.ts";

type Method = (text: string, args: Arguments) => Value;

const NOT_SPACE = new RegExp(`(?:(?!${SPACE}).)+`, "gs");

/** A method whose arguments have no names. */
function method(
  name: string,
  parameters: readonly Parameter[],
  run: (text: string, ...values: Value[]) => Value,
): [string, Method] {
  return [
    name,
    (text, args) => {
      if (args.named.size > 0) throw new PythonError(`str.${name}() takes no keyword arguments`);
      return run(text, ...bind(name, args, parameters));
    },
  ];
}

function named(
  name: string,
  parameters: readonly Parameter[],
  run: (text: string, ...values: Value[]) => Value,
): [string, Method] {
  return [name, (text, args) => run(text, ...bind(name, args, parameters))];
}

function predicate(name: string, pattern: RegExp): [string, Method] {
  return method(name, [], (text) => pattern.test(text));
}

/** Those of `str` that work here, but for `format`. `OTHER_TEXT_METHODS` names the others. */
export const textMethods: ReadonlyMap<string, Method> = new Map([
  method("capitalize", [], capitalize),
  method("title", [], titleCase),
  method("upper", [], (text) => text.toUpperCase()),
  method("lower", [], (text) => text.toLowerCase()),
  method("strip", [["chars", null]], (text, chars = null) => strip(text, "both", charsOf(chars))),
  method("lstrip", [["chars", null]], (text, chars = null) => strip(text, "left", charsOf(chars))),
  method("rstrip", [["chars", null]], (text, chars = null) => strip(text, "right", charsOf(chars))),
  method("startswith", ["prefix", ["start", null], ["end", null]], (text, prefix, start, end) =>
    affixes(prefix).some((affix) => cut(text, start, end).startsWith(affix)),
  ),
  method("endswith", ["suffix", ["start", null], ["end", null]], (text, suffix, start, end) =>
    affixes(suffix).some((affix) => cut(text, start, end).endsWith(affix)),
  ),
  method("removeprefix", ["prefix"], (text, prefix) => {
    const affix = textArgument(prefix as Value);
    return text.startsWith(affix) ? text.slice(affix.length) : text;
  }),
  method("removesuffix", ["suffix"], (text, suffix) => {
    const affix = textArgument(suffix as Value);
    return affix !== "" && text.endsWith(affix) ? text.slice(0, -affix.length) : text;
  }),
  named(
    "split",
    [
      ["sep", null],
      ["maxsplit", -1n],
    ],
    (text, separator, limit) => split(text, separator as Value, integer(limit as Value)),
  ),
  named(
    "rsplit",
    [
      ["sep", null],
      ["maxsplit", -1n],
    ],
    (text, separator, limit) => splitFromRight(text, separator as Value, integer(limit as Value)),
  ),
  named("splitlines", [["keepends", false]], (text, keepEnds) =>
    splitLines(text, keepEnds === true),
  ),
  method("partition", ["sep"], (text, separator) => {
    const mark = separatorOf(separator as Value);
    const at = text.indexOf(mark);
    return new Tuple(
      at < 0 ? [text, "", ""] : [text.slice(0, at), mark, text.slice(at + mark.length)],
    );
  }),
  method("rpartition", ["sep"], (text, separator) => {
    const mark = separatorOf(separator as Value);
    const at = text.lastIndexOf(mark);
    return new Tuple(
      at < 0 ? ["", "", text] : [text.slice(0, at), mark, text.slice(at + mark.length)],
    );
  }),
  method("replace", ["old", "new", ["count", -1n]], (text, old, by, count) =>
    replaceText(
      text,
      textArgument(old as Value),
      textArgument(by as Value),
      integer(count as Value),
    ),
  ),
  method("join", ["iterable"], (text, items) => joinTexts(text, iterate(items as Value))),
  method("count", ["sub", ["start", null], ["end", null]], (text, part, start, end) => {
    const within = cut(text, start, end);
    const sought = textArgument(part as Value);
    return BigInt(sought === "" ? [...within].length + 1 : within.split(sought).length - 1);
  }),
  method("find", ["sub", ["start", null], ["end", null]], (text, ...values) =>
    BigInt(find(text, "indexOf", values)),
  ),
  method("rfind", ["sub", ["start", null], ["end", null]], (text, ...values) =>
    BigInt(find(text, "lastIndexOf", values)),
  ),
  method("index", ["sub", ["start", null], ["end", null]], (text, ...values) =>
    found(find(text, "indexOf", values)),
  ),
  method("rindex", ["sub", ["start", null], ["end", null]], (text, ...values) =>
    found(find(text, "lastIndexOf", values)),
  ),
  method("ljust", ["width", ["fillchar", " "]], (text, width, fill) =>
    pad(text, filler(fill as Value), "<", integer(width as Value)),
  ),
  method("rjust", ["width", ["fillchar", " "]], (text, width, fill) =>
    pad(text, filler(fill as Value), ">", integer(width as Value)),
  ),
  method("center", ["width", ["fillchar", " "]], (text, width, fill) =>
    center(text, integer(width as Value), filler(fill as Value)),
  ),
  method("zfill", ["width"], (text, width) => {
    const [, sign = "", rest = ""] = /^([-+]?)([\s\S]*)$/.exec(text) ?? [];
    return sign + pad(rest, "0", ">", integer(width as Value) - sign.length);
  }),
  method("swapcase", [], swapCase),
  predicate("isspace", new RegExp(`^${SPACE}+$`)),
  predicate("isalpha", /^\p{L}+$/u),
  predicate("isdecimal", /^\p{Nd}+$/u),
  predicate("isalnum", /^[\p{L}\p{N}]+$/u),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
  predicate("isascii", /^[\x00-\x7f]*$/),
  predicate("isidentifier", /^[\p{XID_Start}_]\p{XID_Continue}*$/u),
  // Digits of every script, and those that stand above, below, in circles or behind brackets.
  predicate(
    "isdigit",
    /^[\p{Nd}²³¹\u1369-\u1371\u19da\u2070\u2074-\u2079\u2080-\u2089\u2460-\u2468\u2474-\u247c\u2488-\u2490\u24ea\u24f5-\u24fd\u24ff\u2776-\u277e\u2780-\u2788\u278a-\u2792\u{10a40}-\u{10a43}\u{10e60}-\u{10e68}\u{11052}-\u{1105a}\u{1f100}-\u{1f10a}]+$/u,
  ),
  method("islower", [], (text) => hasCase(text, /\p{Lowercase}/u, /[\p{Uppercase}\p{Lt}]/u)),
  method("isupper", [], (text) => hasCase(text, /\p{Uppercase}/u, /[\p{Lowercase}\p{Lt}]/u)),
  method("istitle", [], (text) => /\p{Uppercase}|\p{Lt}/u.test(text) && titleCase(text) === text),
]);

/** Methods of Python's `str` that are refused. */
export const OTHER_TEXT_METHODS: ReadonlySet<string> = new Set(
  "casefold encode expandtabs format_map isnumeric isprintable maketrans translate".split(" "),
);

function charsOf(value: Value): string | null {
  return value === null ? null : textArgument(value);
}

function affixes(value: Value | undefined): string[] {
  if (value instanceof Tuple) return value.items.map(textArgument);
  return [textArgument(value as Value)];
}

function cut(text: string, start: Value = null, end: Value = null): string {
  return start === null && end === null ? text : (sliceOf(text, start, end, null) as string);
}

function separatorOf(value: Value): string {
  const separator = textArgument(value);
  if (separator === "") throw new PythonError("empty separator");
  return separator;
}

function split(text: string, separator: Value, limit: number): string[] {
  if (separator === null) return splitAtSpaces(text, limit);
  const parts = text.split(separatorOf(separator));
  if (limit < 0 || parts.length <= limit + 1) return parts;
  return [...parts.slice(0, limit), parts.slice(limit).join(textOf(separator) as string)];
}

function splitAtSpaces(text: string, limit: number): string[] {
  const words = [...text.matchAll(NOT_SPACE)];
  if (limit < 0 || words.length <= limit) return words.map(([word]) => word);
  const rest = words[limit];
  const head = words.slice(0, limit).map(([word]) => word);
  return rest === undefined ? head : [...head, strip(text.slice(rest.index), "left", null)];
}

function splitFromRight(text: string, separator: Value, limit: number): string[] {
  if (limit < 0) return split(text, separator, limit);
  if (separator === null) {
    const words = [...text.matchAll(NOT_SPACE)];
    if (words.length <= limit) return words.map(([word]) => word);
    const last = words[words.length - limit - 1] as RegExpExecArray;
    const head = text.slice(0, last.index + last[0].length);
    return [head, ...words.slice(words.length - limit).map(([word]) => word)];
  }
  const mark = separatorOf(separator);
  const parts: string[] = [];
  let rest = text;
  for (
    let at = rest.lastIndexOf(mark);
    at >= 0 && parts.length < limit;
    at = rest.lastIndexOf(mark)
  ) {
    parts.unshift(rest.slice(at + mark.length));
    rest = rest.slice(0, at);
  }
  return [rest, ...parts];
}

/** `text.replace(old, new, count)`; every occurrence for a count below 0. */
export function replaceText(text: string, old: string, by: string, count: number): string {
  if (old === "") {
    const gaps = [...text, ""];
    return gaps.map((c, i) => (count < 0 || i < count ? by : "") + c).join("");
  }
  const parts = text.split(old);
  if (count < 0 || parts.length <= count + 1) return parts.join(by);
  return [...parts.slice(0, count), parts.slice(count).join(old)].join(by);
}

function joinTexts(separator: string, items: Iterable<Value>): string {
  return [...items]
    .map((item, i) => {
      const text = textOf(item);
      if (text === null) throw new PythonError(`sequence item ${i}: expected str instance`);
      return text;
    })
    .join(separator);
}

function find(text: string, how: "indexOf" | "lastIndexOf", values: readonly Value[]): number {
  const [part = "", start = null, end = null] = values;
  if (start !== null || end !== null)
    throw new UnsupportedByUs("find and index of a string with a start or an end");
  const at = text[how](textArgument(part));
  return at < 0 ? -1 : [...text.slice(0, at)].length;
}

function found(at: number): Value {
  if (at < 0) throw new PythonError("substring not found");
  return BigInt(at);
}

function filler(value: Value): string {
  const fill = textArgument(value);
  if ([...fill].length !== 1)
    throw new PythonError("The fill character must be exactly one character long");
  return fill;
}

/** Of an odd rest, the larger half stands before the text where the width is odd too. */
export function center(text: string, width: number, fill = " "): string {
  const missing = Math.max(0, width - [...text].length);
  const before = Math.floor(missing / 2) + (missing & width & 1);
  return fill.repeat(before) + text + fill.repeat(missing - before);
}

function hasCase(text: string, wanted: RegExp, other: RegExp): boolean {
  return wanted.test(text) && !other.test(text);
}
