import { escapeHtml } from "../../kernel/display/escapeHtml.ts";

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"] as const;
// biome-ignore lint/suspicious/noControlCharactersInRegex: escapes of terminals begin with one
const SEQUENCE = /\x1b\[([0-9;]*)m|\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)/g;

interface Style {
  readonly colour: string | null;
  readonly isBold: boolean;
}

const PLAIN: Style = { colour: null, isBold: false };

/** Text for a terminal as HTML: its sixteen colours and bold as classes (`ansi-red`), all other escapes left out. */
export function ansiHtml(text: string): string {
  let style = PLAIN;
  let html = "";
  let at = 0;
  for (const found of text.matchAll(SEQUENCE)) {
    html += span(text.slice(at, found.index), style);
    if (found[1] !== undefined) style = styleAfter(style, found[1]);
    at = found.index + found[0].length;
  }
  return html + span(text.slice(at), style);
}

/** Text for a terminal without its escapes. */
export const ansiText = (text: string): string => text.replace(SEQUENCE, "");

function styleAfter(before: Style, codes: string): Style {
  let { colour, isBold } = before;
  for (const n of codes.split(";").map(Number)) {
    if (n === 0 || n === 39) colour = null;
    if (n === 0 || n === 22) isBold = false;
    if (n === 1) isBold = true;
    colour = NAMES[n >= 90 ? n - 90 : n - 30] ?? colour;
  }
  return { colour, isBold };
}

function span(text: string, { colour, isBold }: Style): string {
  if (text === "") return "";
  const classes = [...(colour ? [`ansi-${colour}`] : []), ...(isBold ? ["ansi-bold"] : [])];
  const escaped = escapeHtml(text);
  return classes.length === 0 ? escaped : `<span class="${classes.join(" ")}">${escaped}</span>`;
}
