import type ts from "typescript";
import type { TypeScript } from "./typescript.ts";

interface ImportBinding {
  /** Name in the module, `default`, `*` for all of it, or `=` for what `require` gives of it. */
  readonly imported: string;
  readonly local: string;
}

export interface CellImport {
  readonly specifier: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly bindings: readonly ImportBinding[];
}

/** The import that a top-level statement asks for at run time; none for type-only imports and other statements. */
export function readImport(compiler: TypeScript, statement: ts.Statement): CellImport[] {
  if (compiler.isImportEqualsDeclaration(statement)) return readImportEquals(compiler, statement);
  if (!compiler.isImportDeclaration(statement)) return [];
  const { importClause: clause, moduleSpecifier } = statement;
  if (
    !compiler.isStringLiteral(moduleSpecifier) ||
    clause?.phaseModifier === compiler.SyntaxKind.TypeKeyword
  )
    return [];
  const bindings: ImportBinding[] = [];
  if (clause?.name) bindings.push({ imported: "default", local: clause.name.text });
  const named = clause?.namedBindings;
  if (named && compiler.isNamespaceImport(named)) {
    bindings.push({ imported: "*", local: named.name.text });
  } else if (named) {
    for (const element of named.elements) {
      if (element.isTypeOnly) continue;
      bindings.push({
        imported: (element.propertyName ?? element.name).text,
        local: element.name.text,
      });
    }
    if (bindings.length === 0 && named.elements.length > 0) return [];
  }
  return [
    { specifier: moduleSpecifier.text, attributes: readAttributes(compiler, statement), bindings },
  ];
}

/** `import fs = require("node:fs")`; a name for a namespace (`import A = B.C`) is no import. */
function readImportEquals(
  compiler: TypeScript,
  { isTypeOnly, moduleReference, name }: ts.ImportEqualsDeclaration,
): CellImport[] {
  if (isTypeOnly || !compiler.isExternalModuleReference(moduleReference)) return [];
  const { expression } = moduleReference;
  if (!compiler.isStringLiteral(expression)) return [];
  const bindings = [{ imported: "=", local: name.text }];
  return [{ specifier: expression.text, attributes: {}, bindings }];
}

/** `with { type: "json" }` of an import, or `assert` as it once was called. */
function readAttributes(
  compiler: TypeScript,
  statement: ts.ImportDeclaration,
): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const { name, value } of statement.attributes?.elements ?? []) {
    if (compiler.isStringLiteral(value)) attributes[name.text] = value.text;
  }
  return attributes;
}
