import ts from "typescript";

type Member = ts.ClassElement | ts.ParameterDeclaration;

function isHidden(member: ts.ClassElement): boolean {
  if (ts.isConstructorDeclaration(member) || ts.isSetAccessorDeclaration(member)) return true;
  const { name } = member;
  if (name === undefined || ts.isPrivateIdentifier(name) || ts.isComputedPropertyName(name))
    return true;
  const inner = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return name.getText() === "toString" || (ts.getCombinedModifierFlags(member) & inner) !== 0;
}

/** The members of a class that people use, in their order. */
export const publicMembers = ({ members }: ts.ClassDeclaration): ts.ClassElement[] =>
  members.filter((member) => !isHidden(member));

const isKept = (text: string): boolean => !["export", "async", "declare"].includes(text);

/** What a declaration promises, as it is written: without its body, its initial value and its docstring. */
export function signature(node: ts.FunctionDeclaration | Member): string {
  const source = node.getSourceFile().text;
  const body = "body" in node ? (node.body as ts.Node | undefined) : undefined;
  const initial = ts.isPropertyDeclaration(node) ? node.initializer : undefined;
  const end =
    body?.getStart() ?? (initial && (node as ts.PropertyDeclaration).type?.end) ?? node.end;
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  const kept = modifiers.map((each) => each.getText()).filter(isKept);
  const start = modifiers.at(-1)?.end ?? node.getStart();
  const text = source.slice(start, end).trim().replace(/;$/, "");
  return dedent([...kept, text].join(" "));
}

/** Takes the indentation of its last line from all but the first; that of a docstring is one less than its stars'. */
export function dedent(text: string): string {
  const lines = text.split("\n");
  const indent = /^ */.exec(lines.at(-1) ?? "")?.[0].length ?? 0;
  return lines
    .map((line, i) => (i === 0 ? line : line.slice(Math.min(indent, line.search(/\S|$/)))))
    .join("\n")
    .replaceAll(/^\*/gm, " *");
}
