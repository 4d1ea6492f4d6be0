import ts from "typescript";
import { InputError } from "../../engine/base/errors.ts";

/** What a parameter may be given: a JSON value of one of these kinds, or a list whose elements are all of `of`. */
export type ParameterType =
  | { readonly kind: "number" | "string" | "boolean" | "json" }
  | { readonly kind: "list"; readonly of: ParameterType }
  | { readonly kind: "oneOf"; readonly values: readonly (number | string | boolean)[] };

/** A variable of the cell that declares what a run may set. */
export interface Parameter {
  readonly name: string;
  /** How it is declared: `const`, `let` or `var`. */
  readonly keyword: string;
  /** The text of its type annotation; null where it has none. */
  readonly annotation: string | null;
  readonly type: ParameterType;
}

/**
 * The parameters that a cell declares: its top-level variables of numbers, strings, booleans and lists. Their types are those of
 * their annotations, and else of their values.
 * @throws InputError ERR_PARAMETER where a variable is of a type that a command line cannot give
 */
export function readParameters(source: string): Parameter[] {
  const file = ts.createSourceFile("parameters.ts", source, ts.ScriptTarget.Latest, true);
  return file.statements.filter(ts.isVariableStatement).flatMap(({ declarationList: list }) =>
    list.declarations.map((declaration) => {
      const { name, type, initializer } = declaration;
      const [keyword = "const"] = list.getText(file).split(/\s/, 1);
      const found =
        type === undefined ? typeOfValue(initializer) : typeOfAnnotation(type, initializer);
      if (!ts.isIdentifier(name) || found === null)
        throw new InputError(
          "ERR_PARAMETER",
          `run: expected parameters to be numbers, strings, booleans or lists of them, got ${JSON.stringify(declaration.getText(file))}. Declare it in another cell.`,
        );
      const annotation = type === undefined ? null : type.getText(file);
      return { name: name.text, keyword, annotation, type: found };
    }),
  );
}

function typeOfAnnotation(
  node: ts.TypeNode,
  value: ts.Expression | undefined,
): ParameterType | null {
  switch (node.kind) {
    case ts.SyntaxKind.NumberKeyword:
      return { kind: "number" };
    case ts.SyntaxKind.StringKeyword:
      return { kind: "string" };
    case ts.SyntaxKind.BooleanKeyword:
      return { kind: "boolean" };
  }
  if (ts.isParenthesizedTypeNode(node)) return typeOfAnnotation(node.type, value);
  if (ts.isTypeOperatorNode(node)) return typeOfAnnotation(node.type, value); // readonly number[]
  if (ts.isArrayTypeNode(node)) return listOf(typeOfAnnotation(node.elementType, undefined));
  if (ts.isTypeReferenceNode(node) && /^(Readonly)?Array$/.test(node.typeName.getText())) {
    const [element] = node.typeArguments ?? [];
    return element === undefined ? null : listOf(typeOfAnnotation(element, undefined));
  }
  const values = (ts.isUnionTypeNode(node) ? node.types : [node]).map((each) =>
    ts.isLiteralTypeNode(each) ? literal(each.literal) : undefined,
  );
  const known = values.filter((each) => each !== undefined);
  return known.length === values.length ? { kind: "oneOf", values: known } : null;
}

const listOf = (of: ParameterType | null): ParameterType | null =>
  of === null ? null : { kind: "list", of };

function typeOfValue(value: ts.Expression | undefined): ParameterType | null {
  if (value === undefined) return null;
  if (
    ts.isAsExpression(value) ||
    ts.isSatisfiesExpression(value) ||
    ts.isParenthesizedExpression(value)
  )
    return typeOfValue(value.expression);
  if (ts.isArrayLiteralExpression(value)) {
    const elements = value.elements.map(typeOfValue);
    const [first] = elements;
    if (first === undefined) return { kind: "list", of: { kind: "json" } };
    if (elements.some((each) => each === null)) return null;
    const isUniform = elements.every((each) => JSON.stringify(each) === JSON.stringify(first));
    return listOf(isUniform ? first : { kind: "json" });
  }
  const known = literal(value);
  return known === undefined ? null : { kind: typeof known as "number" | "string" | "boolean" };
}

function literal(node: ts.Node): number | string | boolean | undefined {
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isStringLiteralLike(node)) return node.text;
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
  if (ts.isPrefixUnaryExpression(node) && ts.isNumericLiteral(node.operand)) {
    if (node.operator === ts.SyntaxKind.MinusToken) return -Number(node.operand.text);
    if (node.operator === ts.SyntaxKind.PlusToken) return Number(node.operand.text);
  }
  return undefined;
}

/** A parameter's type in TypeScript, for messages. */
export function typeText(type: ParameterType): string {
  if (type.kind === "oneOf") return type.values.map((value) => JSON.stringify(value)).join(" | ");
  if (type.kind !== "list") return type.kind === "json" ? "any JSON" : type.kind;
  const inner = typeText(type.of);
  return type.of.kind === "oneOf" ? `(${inner})[]` : `${inner}[]`;
}
