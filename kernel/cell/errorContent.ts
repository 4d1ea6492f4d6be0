import type { CellDiagnostic } from "../language/cellLanguage.ts";
import { errorText, frame, valueText } from "../language/codeFrame.ts";
import { isInstance, safely } from "../language/safely.ts";
import type { Json } from "../protocol/messages.ts";

/** The content of an `error` message, and of an `execute_reply` with status error. */
export interface ErrorContent extends Json {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** What a cell threw, whatever it is: text in all three, and nothing of it can throw again. */
export function thrownError(thrown: unknown): ErrorContent {
  if (!isInstance(thrown, Error)) {
    const text = valueText(thrown);
    return { ename: "Thrown", evalue: text, traceback: [`Uncaught ${text}`] };
  }
  const read = (key: "name" | "message"): unknown =>
    safely<unknown>(
      () => thrown[key],
      () => undefined,
    );
  const [name, message = ""] = [read("name"), read("message")];
  return {
    ename: typeof name === "string" && name !== "" ? name : "Error",
    evalue: typeof message === "string" ? message : valueText(message),
    traceback: errorText(thrown).split("\n"),
  };
}

/** What becomes of a cell that ends the process; null where it meant that to be a success. */
export function exitError(exitCode: number): ErrorContent | null {
  if (exitCode === 0) return null;
  const evalue = `the kernel ended with exit code ${exitCode}`;
  return { ename: "ProcessExit", evalue, traceback: [`ProcessExit: ${evalue}`] };
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
