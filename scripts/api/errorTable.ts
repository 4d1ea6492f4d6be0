import ts from "typescript";

interface Thrown {
  readonly className: string;
  readonly message: string;
}

/** A message as written, with an ellipsis for each value in it; of two, the first, of a parameter its default; "" for one made elsewhere. */
function messageOf(node: ts.Expression | undefined): string {
  if (node === undefined) return "";
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isIdentifier(node)) {
    const made = ts.findAncestor(node, ts.isConstructorDeclaration);
    return messageOf(
      made?.parameters.find(({ name }) => name.getText() === node.text)?.initializer,
    );
  }
  if (ts.isConditionalExpression(node)) return messageOf(node.whenTrue);
  if (ts.isBinaryExpression(node)) return messageOf(node.left) + messageOf(node.right);
  if (!ts.isTemplateExpression(node)) return "";
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join("");
}

/** The class whose error an expression makes, of which it may be the constructor; null if it makes none. */
function classOf(node: ts.Node): string | null {
  if (ts.isNewExpression(node)) return node.expression.getText();
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.SuperKeyword)
    return null;
  return ts.findAncestor(node, ts.isClassDeclaration)?.name?.text ?? null;
}

/** The first error of each code that the sources make, one with a message where there is one. */
function errorsByCode(sources: readonly ts.SourceFile[]): ReadonlyMap<string, Thrown> {
  const found = new Map<string, Thrown>();
  const visit = (node: ts.Node): void => {
    const className = classOf(node);
    const [code, text] = (node as ts.NewExpression).arguments ?? [];
    if (className !== null && code !== undefined && ts.isStringLiteral(code)) {
      const isCode = code.text.startsWith("ERR_");
      const message = messageOf(text);
      if (isCode && (found.get(code.text)?.message ?? "") === "")
        found.set(code.text, { className, message });
    }
    ts.forEachChild(node, visit);
  };
  for (const source of sources) visit(source);
  return found;
}

/** Codes that stand in the sources. */
function writtenCodes(sources: readonly ts.SourceFile[]): Set<string> {
  return new Set(sources.flatMap(({ text }) => text.match(/(?<=")ERR_[A-Z_]+(?=")/g) ?? []));
}

const inCode = (text: string): string => {
  if (text === "") return "";
  const fence = text.includes("`") ? "``" : "`";
  return `${fence}${text.replaceAll("|", "\\|").replace(/\s+/g, " ")}${fence}`;
};

/** Every code with its class and one of its messages, for sources that are in the order of their paths. */
export function errorTable(sources: readonly ts.SourceFile[]): string {
  const sorted = [...sources].sort((a, b) => (a.fileName < b.fileName ? -1 : 1));
  const found = errorsByCode(sorted);
  const missed = [...writtenCodes(sorted)].filter((code) => !found.has(code));
  if (missed.length > 0)
    throw new Error(`api: expected a class for every code, got none for ${missed.join(", ")}.`);
  const rows = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    "| code | class | one of its messages |",
    "| - | - | - |",
    ...rows.map(
      ([code, { className, message }]) => `| \`${code}\` | \`${className}\` | ${inCode(message)} |`,
    ),
  ].join("\n");
}
