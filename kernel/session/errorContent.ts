import { inspect } from "node:util";
import type { CellDiagnostic } from "../language/cellLanguage.ts";
import { codeFrame } from "../language/codeFrame.ts";
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
    traceback: [...inspect(thrown, { depth: 2 }).split("\n"), ...codeFrame(thrown)],
  };
}

/** Errors of the TypeScript compiler, each with the line it is about. */
export function compileError(
  code: string,
  label: string,
  diagnostics: readonly CellDiagnostic[],
): ErrorContent {
  const lines = code.split("\n");
  const traceback = diagnostics.flatMap((diagnostic) => {
    const { line, column, length, file } = diagnostic;
    const headline = `${file ?? label}:${line}:${column} - error TS${diagnostic.code}: ${diagnostic.message}`;
    const source = lines[line - 1];
    if (file !== undefined || source === undefined) return [headline];
    const width = Math.max(1, Math.min(length, source.length - column + 1));
    return [headline, `    ${source}`, `    ${" ".repeat(column - 1)}${"~".repeat(width)}`];
  });
  return { ename: "TypeScriptError", evalue: diagnostics[0]?.message ?? "", traceback };
}
