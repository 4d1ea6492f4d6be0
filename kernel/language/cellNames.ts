import type ts from "typescript";
import type { TypeScript } from "./typescript.ts";

/** The names of the shared scope that a cell touches, in the order of the text. What methods change of a value is not among them. */
export interface CellNames {
  /** Those that it declares, imports or assigns to. */
  readonly declares: readonly string[];
  /** Those of other cells whose values it reads, functions in it included. */
  readonly reads: readonly string[];
}

/** How an identifier stands in the text: whether its value is read, and whether it gets another. */
export function accessOf(
  compiler: TypeScript,
  node: ts.Identifier,
): { readonly isRead: boolean; readonly isWritten: boolean } {
  const { SyntaxKind } = compiler;
  const { parent } = node;
  if (compiler.isPrefixUnaryExpression(parent) || compiler.isPostfixUnaryExpression(parent)) {
    const { operator } = parent;
    const isStep = operator === SyntaxKind.PlusPlusToken || operator === SyntaxKind.MinusMinusToken;
    return { isRead: true, isWritten: isStep };
  }
  const target = outermostTarget(compiler, node);
  const { parent: holder } = target;
  if (compiler.isBinaryExpression(holder) && holder.left === target) {
    const { kind } = holder.operatorToken;
    if (kind === SyntaxKind.EqualsToken) return { isRead: false, isWritten: true };
    const isAssignment =
      kind >= SyntaxKind.FirstAssignment && kind <= SyntaxKind.LastAssignment && target === node;
    return { isRead: true, isWritten: isAssignment };
  }
  const isLoop = compiler.isForOfStatement(holder) || compiler.isForInStatement(holder);
  if (isLoop && holder.initializer === target) return { isRead: false, isWritten: true };
  return { isRead: true, isWritten: false };
}

/** The pattern that an identifier may be a part of, as in `[a, { b }] = c`; else itself. */
function outermostTarget(compiler: TypeScript, node: ts.Node): ts.Node {
  const { parent } = node;
  const isElement =
    compiler.isArrayLiteralExpression(parent) ||
    compiler.isObjectLiteralExpression(parent) ||
    compiler.isSpreadElement(parent) ||
    compiler.isSpreadAssignment(parent) ||
    compiler.isParenthesizedExpression(parent) ||
    (compiler.isPropertyAssignment(parent) && parent.initializer === node) ||
    (compiler.isShorthandPropertyAssignment(parent) && parent.name === node);
  return isElement ? outermostTarget(compiler, parent) : node;
}
