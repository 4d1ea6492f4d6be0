import type ts from "typescript";
import type { BoundFile, TypeScript } from "./typescript.ts";

/**
 * The cell as the compiler should see it, line by line the same. `export` is blanked out, since every top-level
 * name is shared anyway; a cell that is one object literal becomes an expression.
 */
export function normaliseCell(compiler: TypeScript, code: string): string {
  const asExpression = objectLiteral(compiler, code);
  if (asExpression !== null) return asExpression;
  if (!code.includes("export")) return code;
  const file = parseCell(compiler, isTsx(compiler, code) ? "cell.tsx" : "cell.ts", code);
  const spans: [start: number, end: number][] = [];
  for (const statement of file.statements) {
    if (compiler.isExportDeclaration(statement)) {
      spans.push([statement.getStart(file), statement.end]);
    } else if (compiler.isExportAssignment(statement)) {
      spans.push([statement.getStart(file), statement.expression.getStart(file)]);
    } else if (compiler.canHaveModifiers(statement)) {
      for (const modifier of compiler.getModifiers(statement) ?? []) {
        if (
          modifier.kind === compiler.SyntaxKind.ExportKeyword ||
          modifier.kind === compiler.SyntaxKind.DefaultKeyword
        ) {
          spans.push([modifier.getStart(file), modifier.end]);
        }
      }
    }
  }
  let result = code;
  for (const [start, end] of spans) {
    result = result.slice(0, start) + blank(result.slice(start, end)) + result.slice(end);
  }
  return result;
}

/** Errors of the parser alone, as positions and texts. */
export function syntaxErrors(compiler: TypeScript, code: string): readonly ts.Diagnostic[] {
  return parseErrors(compiler, isTsx(compiler, code) ? "cell.tsx" : "cell.ts", code);
}

/** Whether a cell holds JSX: it makes more sense with it than without. */
export function isTsx(compiler: TypeScript, code: string): boolean {
  if (!code.includes("<")) return false;
  const plain = parseErrors(compiler, "cell.ts", code).length;
  return plain > 0 && parseErrors(compiler, "cell.tsx", code).length < plain;
}

function parseErrors(
  compiler: TypeScript,
  name: "cell.ts" | "cell.tsx",
  code: string,
): readonly ts.Diagnostic[] {
  return (parseCell(compiler, name, code) as BoundFile).parseDiagnostics;
}

/** `{ a: 1, b }` is a block to the parser; in parentheses it is what it looks like. */
function objectLiteral(compiler: TypeScript, code: string): string | null {
  const trimmed = code.trim().replace(/;$/, "");
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}")) return null;
  if (syntaxErrors(compiler, `(${trimmed})`).length > 0) return null;
  const start = code.indexOf("{");
  const end = code.lastIndexOf("}") + 1;
  return `${code.slice(0, start)}(${code.slice(start, end)})${code.slice(end)}`;
}

/** The syntax tree of a cell, read as a module, where `await` is a keyword. */
export function parseCell(compiler: TypeScript, fileName: string, code: string): ts.SourceFile {
  const options: ts.CreateSourceFileOptions = {
    languageVersion: compiler.ScriptTarget.ES2022,
    setExternalModuleIndicator: (file) => {
      (file as { externalModuleIndicator?: ts.Node }).externalModuleIndicator = file;
    },
  };
  return compiler.createSourceFile(fileName, code, options, true);
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}
