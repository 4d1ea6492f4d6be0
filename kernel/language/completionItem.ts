import type ts from "typescript";
import type { TypeScript } from "./typescript.ts";

/** One of the names that fit where the cursor is. */
export interface CompletionItem {
  readonly text: string;
  /** What it is, in the words of the language service: `method`, `const`, `keyword`, ... */
  readonly kind: string;
  /** `(x: number): number` of what can be called, else its type; empty where there is none to be told. */
  readonly signature: string;
  readonly documentation: string;
}

/**
 * Signature and documentation of a name. Asked of the checker: `getCompletionEntryDetails` completes anew for every
 * name, and takes ten times as long.
 * @param fileName where the name would stand
 */
export function describeSymbol(
  compiler: TypeScript,
  program: ts.Program,
  fileName: string,
  symbol: ts.Symbol,
): Pick<CompletionItem, "signature" | "documentation"> {
  const checker = program.getTypeChecker();
  const isAlias = (symbol.flags & compiler.SymbolFlags.Alias) !== 0;
  const meant = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  const documentation = compiler.displayPartsToString(meant.getDocumentationComment(checker));
  if ((meant.flags & compiler.SymbolFlags.Value) === 0) return { signature: "", documentation };
  const place = program.getSourceFile(fileName) as ts.SourceFile;
  const type = checker.getTypeOfSymbolAtLocation(meant, place);
  const { Call, Construct } = compiler.SignatureKind;
  const signature =
    signatureText(checker, "", checker.getSignaturesOfType(type, Call)) ??
    signatureText(checker, "new ", checker.getSignaturesOfType(type, Construct)) ??
    checker.typeToString(type);
  return { signature, documentation };
}

/** The first signature and how many more there are; null where there is none. */
function signatureText(
  checker: ts.TypeChecker,
  keyword: string,
  [first, ...others]: readonly ts.Signature[],
): string | null {
  if (first === undefined) return null;
  const overloads = others.length > 1 ? "overloads" : "overload";
  const more = others.length > 0 ? ` (+${others.length} ${overloads})` : "";
  return `${keyword}${checker.signatureToString(first)}${more}`;
}
