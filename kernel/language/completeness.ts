import { normaliseCell, parseCell, syntaxErrors } from "./cellSource.ts";
import type { TypeScript } from "./typescript.ts";

export interface Completeness {
  readonly status: "complete" | "incomplete" | "invalid";
  /** What the next line should start with, of an incomplete cell. */
  readonly indent?: string;
}

/** Template or comment without an end: the error stands where it begins, and only more text can mend it. */
const UNTERMINATED_CODES: ReadonlySet<number> = new Set([1160, 1010]);
/** A string without an end: no further line can mend it. */
const UNTERMINATED_STRING_CODE = 1002;
const INDENT = "  ";

/** Whether a cell is whole: it is incomplete where its first error is that it ends too early. */
export function completenessOf(compiler: TypeScript, code: string): Completeness {
  const source = normaliseCell(compiler, code);
  const [first] = syntaxErrors(compiler, source);
  if (first === undefined) {
    return endsInSignature(compiler, source)
      ? { status: "incomplete", indent: "" }
      : { status: "complete" };
  }
  const end = source.trimEnd().length;
  const isAtEnd = (first.start ?? 0) >= end && first.code !== UNTERMINATED_STRING_CODE;
  const endsEarly = isAtEnd || UNTERMINATED_CODES.has(first.code);
  if (!endsEarly) return { status: "invalid" };
  const lastLine = source.slice(source.lastIndexOf("\n", end - 1) + 1, end);
  const margin = /^\s*/.exec(lastLine)?.[0] ?? "";
  return { status: "incomplete", indent: /[{([]$/.test(lastLine) ? margin + INDENT : margin };
}

/** An overload without its function is TypeScript, but whoever stops there is about to write the body. */
function endsInSignature(compiler: TypeScript, source: string): boolean {
  if (!source.includes("function")) return false;
  const last = parseCell(compiler, "cell.ts", source).statements.at(-1);
  return (
    last !== undefined &&
    compiler.isFunctionDeclaration(last) &&
    last.body === undefined &&
    !last.modifiers?.some(({ kind }) => kind === compiler.SyntaxKind.DeclareKeyword) &&
    !source.slice(0, last.end).endsWith(";")
  );
}
