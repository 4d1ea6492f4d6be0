/** One white space character as Python's `str.isspace` and `\s` have it, as part of a pattern. It differs from JavaScript's. */
export const SPACE =
  "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";

const AT_START = new RegExp(`^${SPACE}+`);
const AT_END = new RegExp(`${SPACE}+$`);

/** Text without white space, or without the given characters, at the chosen ends. */
export function strip(text: string, side: "left" | "right" | "both", chars: string | null): string {
  if (chars === null) {
    const left = side === "right" ? text : text.replace(AT_START, "");
    return side === "left" ? left : left.replace(AT_END, "");
  }
  const unwanted = new Set(chars);
  const points = [...text];
  let start = 0;
  let end = points.length;
  if (side !== "right") while (start < end && unwanted.has(points[start] as string)) start += 1;
  if (side !== "left") while (end > start && unwanted.has(points[end - 1] as string)) end -= 1;
  return points.slice(start, end).join("");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the separators of ASCII end lines too
const LINE_END = /\r\n|[\n-\r\x1c-\x1e\x85\u2028\u2029]/g;

/** Lines as Python's `str.splitlines` cuts them. */
export function splitLines(text: string, keepEnds = false): string[] {
  const lines: string[] = [];
  let start = 0;
  for (const { 0: end, index } of text.matchAll(LINE_END)) {
    lines.push(text.slice(start, index + (keepEnds ? end.length : 0)));
    start = index + end.length;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** The first letter of a word: capital, or the title form of the few letters that have one. */
function titleLetter(letter: string): string {
  const code = letter.codePointAt(0) as number;
  if (code >= 0x10d0 && code <= 0x10ff) return letter;
  for (const [first, last, title] of TITLE_FORMS)
    if (code >= first && code <= last) return String.fromCodePoint(title(code));
  const known = TITLE_TEXTS[letter];
  if (known !== undefined) return known;
  const [head = "", ...rest] = letter.toUpperCase();
  return head + rest.join("").toLowerCase();
}

/** Letters whose title form is not their capital: digraphs of Latin, iota below in Greek. */
const TITLE_FORMS: readonly [number, number, (code: number) => number][] = [
  [0x1c4, 0x1cc, (code) => 0x1c5 + 3 * Math.floor((code - 0x1c4) / 3)],
  [0x1f1, 0x1f3, () => 0x1f2],
  [0x1f80, 0x1faf, (code) => code | 8],
  [0x1fb3, 0x1fb3, () => 0x1fbc],
  [0x1fbc, 0x1fbc, () => 0x1fbc],
  [0x1fc3, 0x1fc3, () => 0x1fcc],
  [0x1fcc, 0x1fcc, () => 0x1fcc],
  [0x1ff3, 0x1ff3, () => 0x1ffc],
  [0x1ffc, 0x1ffc, () => 0x1ffc],
];

/** Those that become several characters, of which more than the first is a capital or a mark. */
const TITLE_TEXTS: Readonly<Record<string, string>> = {
  ŉ: "ʼN",
  "\u1fb2": "\u1fba\u0345",
  "\u1fb4": "\u0386\u0345",
  "\u1fb7": "\u0391\u0342\u0345",
  "\u1fc2": "\u1fca\u0345",
  "\u1fc4": "\u0389\u0345",
  "\u1fc7": "\u0397\u0342\u0345",
  "\u1ff2": "\u1ffa\u0345",
  "\u1ff4": "\u038f\u0345",
  "\u1ff7": "\u03a9\u0342\u0345",
};

/** As `str.swapcase`; a small sigma at the end of a word is a final one. */
export function swapCase(text: string): string {
  return text.replace(/\p{Uppercase}|\p{Lowercase}/gu, (letter, at: number) => {
    if (letter !== "Σ")
      return /\p{Uppercase}/u.test(letter) ? letter.toLowerCase() : letter.toUpperCase();
    const isFinal =
      /\p{Cased}\p{Case_Ignorable}*$/u.test(text.slice(0, at)) &&
      !/^\p{Case_Ignorable}*\p{Cased}/u.test(text.slice(at + 1));
    return isFinal ? "ς" : "σ";
  });
}

/** As `str.capitalize`: the first letter in its title form, the others small. */
export function capitalize(text: string): string {
  const [first = "", ...rest] = text;
  return first && titleLetter(first) + lowerBehind(rest.join(""));
}

/** As `str.title`: a letter behind one that has no case begins a word. */
export function titleCase(text: string): string {
  return text.replace(
    /([\p{Lowercase}\p{Uppercase}\p{Lt}])([\p{Lowercase}\p{Uppercase}\p{Lt}]*)/gu,
    (_, first: string, rest: string) => titleLetter(first) + lowerBehind(rest),
  );
}

/** Small letters of what stands inside a word, so that a last sigma is a final one. */
function lowerBehind(text: string): string {
  return `a${text}`.toLowerCase().slice(1);
}
