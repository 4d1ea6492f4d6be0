import { inspect } from "node:util";
import { innermostPlace } from "./stackTrace.ts";

/** Lines shown before and after the failing one. */
const CONTEXT_LINES = 2;

/**
 * The lines around the innermost place in a cell or a local file that an error passed through, with a caret under it;
 * none for an error that passed through neither.
 */
function codeFrame(error: Error): string[] {
  const place = innermostPlace(error);
  return place === null ? [] : ["", ...frame(place.label, place.source, place.line, place.column)];
}

/** An error as text: its stack, what it carries, and the lines around where it was made. */
export function errorText(error: Error): string {
  return [inspect(error), ...codeFrame(error)].join("\n");
}

/** The lines of a source around a place in it, 1-based, with a caret under that. */
export function frame(label: string, source: string, line: number, column: number): string[] {
  const lines = source.split("\n");
  const first = Math.max(1, line - CONTEXT_LINES);
  const last = Math.min(lines.length, line + CONTEXT_LINES);
  const width = String(last).length;
  const shown = [`${label}:`];
  for (let number = first; number <= last; number++) {
    const text = lines[number - 1] ?? "";
    const mark = number === line ? ">" : " ";
    shown.push(`${mark} ${String(number).padStart(width)} | ${text}`.trimEnd());
    if (number !== line) continue;
    // Tabs stay tabs, so that the caret stands where the reader sees the column.
    const margin = text.slice(0, column - 1).replace(/[^\t]/g, " ");
    shown.push(`  ${" ".repeat(width)} | ${margin}^`);
  }
  return shown;
}
