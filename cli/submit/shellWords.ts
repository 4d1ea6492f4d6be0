import { InvalidArgumentError } from "commander";

/** What a shell does something with outside of quotes. */
const UNQUOTED = /[|&;<>()$`*?[\n]/;
/** What it does something with between double quotes. */
const IN_QUOTES = /[$`]/;
/** What a backslash escapes there. */
const ESCAPED = /[$`"\\]/;

/**
 * The words of a command line, split and unquoted as a POSIX shell does it (Shell Command Language, 2.2 Quoting). The inverse of `shellWord`.
 * @throws InvalidArgumentError where a shell would do more than that, as with $HOME, and where there is no word
 */
export function shellWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  for (let i = 0; i < text.length; i++) {
    const letter = text[i] as string;
    if (letter === " " || letter === "\t") {
      if (word !== null) words.push(word);
      word = null;
    } else if (letter === "'") {
      const end = text.indexOf("'", i + 1);
      if (end < 0) throw unclosed("'", text);
      word = (word ?? "") + text.slice(i + 1, end);
      i = end;
    } else if (letter === '"') {
      const quoted = quotedPart(text, i + 1);
      word = (word ?? "") + quoted.part;
      i = quoted.end;
    } else if (letter === "\\") {
      i += 1;
      if (i === text.length) throw unclosed("\\", text);
      if (text[i] !== "\n") word = (word ?? "") + text[i]; // else the line goes on
    } else if (UNQUOTED.test(letter) || (word === null && (letter === "#" || letter === "~")))
      throw expanded(letter, text);
    else word = (word ?? "") + letter;
  }
  if (word !== null) words.push(word);
  const [first] = words;
  if (first === undefined)
    throw new InvalidArgumentError('Expected a command, for example "npx vitrine".');
  if (/^\w+=/.test(first))
    throw new InvalidArgumentError(
      `Expected a command, got the variable ${JSON.stringify(first)}. Write env before it.`,
    );
  return words;
}

/** What stands between double quotes, from behind the first of them on. A backslash at the end of a line joins the next one to it. */
function quotedPart(text: string, start: number): { readonly part: string; readonly end: number } {
  let part = "";
  for (let i = start; i < text.length; i++) {
    const letter = text[i] as string;
    if (letter === '"') return { part, end: i };
    if (letter === "\\" && text[i + 1] === "\n") i += 1;
    else if (letter === "\\" && ESCAPED.test(text[i + 1] ?? "")) part += text[++i];
    else if (IN_QUOTES.test(letter)) throw expanded(letter, text);
    else part += letter;
  }
  throw unclosed('"', text);
}

function unclosed(mark: string, text: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `Expected something behind the last ${mark}, got ${JSON.stringify(text)}. Close it, or put quotes round it.`,
  );
}

function expanded(letter: string, text: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `Expected words alone, got ${JSON.stringify(letter)} in ${JSON.stringify(text)}, with which a shell does more. Put it between single quotes if the letter is meant.`,
  );
}
