import ts from "typescript";
import { replacements } from "./replacements.ts";

/** One small change to a source file. */
export interface Mutant {
  /** From the root of the repository, with slashes. */
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  /** The original, and what stands there instead, each on one line. */
  readonly before: string;
  readonly after: string;
  /** The named functions round the change, innermost first. */
  readonly functions: readonly string[];
  /** The whole file with the change in it. */
  readonly source: string;
}

const oneLine = (text: string): string => {
  const flat = text.replace(/\s+/g, " ");
  return flat.length > 80 ? `${flat.slice(0, 77)}...` : flat;
};

/** Types vanish before anything runs, what is imported is a name, and the words of an error are nobody's contract. */
function isLeftAlone(node: ts.Node): boolean {
  if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node))
    return true;
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return true;
  if (ts.isStringLiteralLike(node) && ts.isPropertyAssignment(node.parent))
    return node === node.parent.name;
  return ts.isNewExpression(node) && /Error$/.test(node.expression.getText());
}

function nameOf(node: ts.Node): string | null {
  if (ts.isConstructorDeclaration(node))
    return ts.isClassLike(node.parent) ? (node.parent.name?.text ?? null) : null;
  if (ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isAccessor(node))
    return node.name?.getText() ?? null;
  return null;
}

/** The parser's own list: what `ts.transpileModule` would report too, after fifty times the work. */
function parses(file: string, source: string): boolean {
  const tree: ts.SourceFile & { readonly parseDiagnostics?: readonly ts.Diagnostic[] } =
    ts.createSourceFile(file, source, ts.ScriptTarget.ES2023);
  return tree.parseDiagnostics?.length === 0;
}

/** Every mutant of a source file, in the order of the text, as far as they are TypeScript at all. */
export function mutantsOf(file: string, text: string): Mutant[] {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const mutants: Mutant[] = [];
  const visit = (node: ts.Node, functions: readonly string[]): void => {
    if (isLeftAlone(node)) return;
    const [start, end] = [node.getStart(), node.getEnd()];
    for (const { kind, text: after } of replacements(node)) {
      mutants.push({
        file,
        line: tree.getLineAndCharacterOfPosition(start).line + 1,
        kind,
        before: oneLine(text.slice(start, end)),
        after: oneLine(after),
        functions,
        source: text.slice(0, start) + after + text.slice(end),
      });
    }
    const name = nameOf(node);
    const inside = name === null ? functions : [name, ...functions];
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(tree, []);
  return mutants.filter(({ source }) => parses(file, source));
}
