import ts from "typescript";

export interface Docstring {
  readonly text: string;
  /** "name text" of each parameter that is described. */
  readonly parameters: readonly string[];
  readonly returns: string | null;
  readonly throws: readonly string[];
  readonly see: readonly string[];
}

const flat = (text: string): string => text.replace(/\s+/g, " ").trim();

/** The docstring of a declaration; null where there is none. */
export function docstringOf(node: ts.Node): Docstring | null {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  const doc = docs.at(-1);
  if (doc === undefined) return null;
  const written = (comment: ts.JSDoc["comment"]): string =>
    ts.getTextOfJSDocComment(comment)?.trim() ?? "";
  const source = (tag: ts.JSDocTag): string => tag.getText().replaceAll(/^@\w+\s*|^\s*\*\/?/gm, "");
  const tags = (name: string): string[] =>
    (doc.tags ?? [])
      .filter(({ tagName }) => tagName.text === name)
      .map((tag) => {
        const parameter = ts.isJSDocParameterTag(tag) ? `\`${tag.name.getText()}\` ` : "";
        // The parser takes the beginning of an address for the name of what is meant.
        return flat(name === "see" ? source(tag) : parameter + written(tag.comment));
      });
  return {
    text: written(doc.comment),
    parameters: tags("param"),
    returns: tags("returns")[0] ?? null,
    throws: tags("throws"),
    see: tags("see"),
  };
}

/** The docstring as Markdown; "" where there is none. */
export function docstringText(node: ts.Node): string {
  const doc = docstringOf(node);
  if (doc === null) return "";
  const list = [
    ...doc.parameters,
    ...(doc.returns === null ? [] : [`returns ${doc.returns}`]),
    ...doc.throws.map((text) => `throws ${text}`),
    ...doc.see.map((text) => `see ${text}`),
  ].map((line) => `- ${line}`);
  return [doc.text, list.join("\n")].filter((part) => part !== "").join("\n\n");
}
