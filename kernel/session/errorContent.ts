import { inspect } from "node:util";
import type { CellDiagnostic } from "../language/cellLanguage.ts";
import { errorText, frame } from "../language/codeFrame.ts";
import type { Json } from "../protocol/messages.ts";

/** The content of an `error` message, and of an `execute_reply` with status error. */
export interface ErrorContent extends Json {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** What a cell threw. */
export function thrownError(thrown: unknown): ErrorContent {
  if (!(thrown instanceof Error)) {
    const text = inspect(thrown);
    return { ename: "Thrown", evalue: text, traceback: [`Uncaught ${text}`] };
  }
  return {
    ename: thrown.name,
    evalue: thrown.message,
    traceback: errorText(thrown).split("\n"),
  };
}

/** Errors that kept a cell from running, each with the lines it is about. */
export function compileError(
  code: string,
  label: string,
  diagnostics: readonly CellDiagnostic[],
): ErrorContent {
  return {
    ename: "TypeScriptError",
    evalue: diagnostics[0]?.message ?? "",
    traceback: diagnostics.flatMap((diagnostic) => {
      const { line, column } = diagnostic;
      return [headline(label, diagnostic), ...frame(label, code, line, column)];
    }),
  };
}

/** Type errors of a cell that runs all the same, as text for stderr. */
export function typeErrorText(
  code: string,
  label: string,
  diagnostics: readonly CellDiagnostic[],
): string {
  const lines = code.split("\n");
  const described = diagnostics.map((diagnostic) => {
    const { line, column, length } = diagnostic;
    const source = lines[line - 1] ?? "";
    const width = Math.max(1, Math.min(length, source.length - column + 1));
    // Tabs stay tabs, so that the marks stand where the reader sees the column.
    const margin = source.slice(0, column - 1).replace(/[^\t]/g, " ");
    return `${headline(label, diagnostic)}\n    ${source}\n    ${margin}${"~".repeat(width)}\n`;
  });
  return described.join("");
}

function headline(label: string, { line, column, code, message }: CellDiagnostic): string {
  return `${label}:${line}:${column} - error TS${code}: ${message}`;
}
