import ts from "typescript";

/** What a change is called, and the text that takes the node's place. */
export interface Replacement {
  readonly kind: string;
  readonly text: string;
}

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
  "/": ["*"],
  "%": ["*"],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "===": ["!=="],
  "!==": ["==="],
  "&&": ["||"],
  "||": ["&&"],
  "??": ["&&"],
  "<<": [">>"],
  ">>": ["<<"],
  ">>>": ["<<"],
  "&": ["|"],
  "|": ["&"],
  "^": ["&"],
  "+=": ["-="],
  "-=": ["+="],
  "*=": ["/="],
  "/=": ["*="],
};

/** Methods that do the opposite; `null` stands for leaving the call out. */
const METHODS: Readonly<Record<string, string | null>> = {
  max: "min",
  min: "max",
  floor: "ceil",
  ceil: "floor",
  some: "every",
  every: "some",
  startsWith: "endsWith",
  endsWith: "startsWith",
  indexOf: "lastIndexOf",
  lastIndexOf: "indexOf",
  toLowerCase: "toUpperCase",
  toUpperCase: "toLowerCase",
  push: "unshift",
  unshift: "push",
  shift: "pop",
  pop: "shift",
  filter: null,
  reverse: null,
  slice: null,
  sort: null,
  trim: null,
};

const isText = (node: ts.Node): boolean =>
  ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);

function ofBinary(node: ts.BinaryExpression): Replacement[] {
  const operator = node.operatorToken.getText();
  if (operator === "+" && (isText(node.left) || isText(node.right))) return [];
  const [left, right] = [node.left.getText(), node.right.getText()];
  return (OPERATORS[operator] ?? []).map((other) => ({
    kind: `${operator} to ${other}`,
    // An assignment's left side must not stand in brackets; ?? mixes with no neighbour unless both sides do.
    text:
      other.endsWith("=") && other.length === 2 && !/^[<>=!]/.test(other)
        ? `(${left} ${other} ${right})`
        : `((${left}) ${other} (${right}))`,
  }));
}

function ofCall(node: ts.CallExpression): Replacement[] {
  if (!ts.isPropertyAccessExpression(node.expression)) return [];
  const { expression: object, name, questionDotToken } = node.expression;
  const other = METHODS[name.text];
  if (other === undefined) return [];
  if (other === null) return [{ kind: `without .${name.text}()`, text: object.getText() }];
  const args = node.arguments.map((argument) => argument.getText()).join(", ");
  const dot = questionDotToken === undefined ? "." : "?.";
  return [
    { kind: `.${name.text}() to .${other}()`, text: `${object.getText()}${dot}${other}(${args})` },
  ];
}

function ofUnary(node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression): Replacement[] {
  const operand = node.operand.getText();
  switch (node.operator) {
    case ts.SyntaxKind.ExclamationToken:
      return [{ kind: "without !", text: `(${operand})` }];
    case ts.SyntaxKind.MinusToken:
      return [{ kind: "without -", text: `(${operand})` }];
    case ts.SyntaxKind.PlusPlusToken:
      return [{ kind: "++ to --", text: node.getText().replace("++", "--") }];
    case ts.SyntaxKind.MinusMinusToken:
      return [{ kind: "-- to ++", text: node.getText().replace("--", "++") }];
    default:
      return [];
  }
}

/** A condition that always or never holds. A loop that never ends says nothing, so a loop only never starts. */
function ofCondition(node: ts.Node): Replacement[] {
  if (ts.isSourceFile(node)) return [];
  const { parent } = node;
  const never = { kind: "condition to false", text: "false" };
  if (ts.isIfStatement(parent) || ts.isConditionalExpression(parent))
    return node === (ts.isIfStatement(parent) ? parent.expression : parent.condition)
      ? [{ kind: "condition to true", text: "true" }, never]
      : [];
  if (ts.isWhileStatement(parent)) return node === parent.expression ? [never] : [];
  return ts.isForStatement(parent) && node === parent.condition ? [never] : [];
}

function ofBlock(node: ts.Block): Replacement[] {
  return node.statements.length === 0 ? [] : [{ kind: "block emptied", text: "{}" }];
}

function ofStatement(node: ts.ExpressionStatement): Replacement[] {
  // What super() sets up cannot be left out: the class would not load.
  if (ts.isCallExpression(node.expression)) {
    if (node.expression.expression.kind === ts.SyntaxKind.SuperKeyword) return [];
  }
  return [{ kind: "statement left out", text: ";" }];
}

/** Every way in which one node, taken alone, is written otherwise. */
export function replacements(node: ts.Node): Replacement[] {
  const condition = ofCondition(node);
  if (ts.isBinaryExpression(node)) return [...condition, ...ofBinary(node)];
  if (ts.isCallExpression(node)) {
    const optional = node.questionDotToken === undefined ? [] : withoutQuestion(node);
    return [...condition, ...optional, ...ofCall(node)];
  }
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node))
    return node.questionDotToken === undefined
      ? condition
      : [...condition, ...withoutQuestion(node)];
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node))
    return [...condition, ...ofUnary(node)];
  if (ts.isBlock(node)) return ofBlock(node);
  if (ts.isExpressionStatement(node)) return ofStatement(node);
  if (ts.isStringLiteralLike(node))
    return [{ kind: "another text", text: node.text === "" ? '"another"' : '""' }];
  if (ts.isNumericLiteral(node)) return [{ kind: "one more", text: `(${node.getText()} + 1)` }];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [{ kind: "true to false", text: "false" }];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [{ kind: "false to true", text: "true" }];
  if (ts.isArrayLiteralExpression(node) && node.elements.length > 0)
    return [{ kind: "array emptied", text: "[]" }];
  return condition;
}

function withoutQuestion(
  node: ts.CallExpression | ts.PropertyAccessExpression | ts.ElementAccessExpression,
): Replacement[] {
  const start = node.getStart();
  const at = (node.questionDotToken?.getStart() ?? start) - start;
  const text = node.getText();
  const rest = text.slice(at + 2);
  const dot = ts.isPropertyAccessExpression(node) ? "." : "";
  return [{ kind: "?. to .", text: `${text.slice(0, at)}${dot}${rest}` }];
}
