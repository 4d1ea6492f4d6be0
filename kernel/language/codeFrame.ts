import { inspect } from "node:util";
import { isInstance, safely } from "./safely.ts";
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

/** Most text of an error without its code frame, in UTF-16 units. */
const LONGEST = 1 << 17;

/**
 * An error as text: its stack, what it carries, and the lines around where it was made. Where its own code throws while it is
 * shown, what can be had of it without that.
 */
export function errorText(error: Error): string {
  const text = safely(
    () => inspect(error),
    (failure) => `${bareText(error)}\n[showing it threw ${bareText(failure)}]`,
  );
  const more = text.length - LONGEST;
  const shown = more > 0 ? `${text.slice(0, LONGEST)}\n... ${more} more characters` : text;
  const lines = safely(
    () => codeFrame(error),
    () => [],
  );
  return [shown, ...lines].join("\n");
}

/** Anything that was thrown, as text. */
export function thrownText(thrown: unknown): string {
  return isInstance(thrown, Error) ? errorText(thrown) : `Uncaught ${valueText(thrown)}`;
}

/** A value in the text of an error: as `inspect` has it, or what can be said where its own code throws. */
export function valueText(value: unknown): string {
  return safely(
    () => inspect(value),
    (failure) => `[${typeof value} that cannot be shown: ${bareText(failure)}]`,
  );
}

/** The stack of an error, or its kind, whatever else it does. */
function bareText(error: unknown): string {
  const stack = safely(
    () => (error as Error).stack,
    () => null,
  );
  if (typeof stack === "string") return stack;
  if (typeof error === "object" || typeof error === "function") return `[thrown ${typeof error}]`;
  return String(error);
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
