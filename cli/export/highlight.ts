import ts from "typescript";
import { escapeHtml } from "../../kernel/display/escapeHtml.ts";

const { ClassificationType: Type } = ts;

/** Classes of spans; what has none keeps the colour of the text. */
const CLASSES: Readonly<Partial<Record<ts.ClassificationType, string>>> = {
  [Type.comment]: "comment",
  [Type.keyword]: "keyword",
  [Type.numericLiteral]: "number",
  [Type.bigintLiteral]: "number",
  [Type.stringLiteral]: "string",
  [Type.regularExpressionLiteral]: "string",
  [Type.className]: "type",
  [Type.interfaceName]: "type",
  [Type.typeAliasName]: "type",
  [Type.enumName]: "type",
  [Type.typeParameterName]: "type",
  [Type.jsxOpenTagName]: "type",
  [Type.jsxCloseTagName]: "type",
  [Type.jsxSelfClosingTagName]: "type",
};

const LANGUAGES = new Set(["typescript", "ts", "tsx", "javascript", "js", "jsx"]);
const FILE = "cell.tsx";

/** Code as HTML, with `<span class="tok-...">` round its tokens where it is TypeScript or JavaScript; else escaped alone. */
export function highlight(code: string, language: string): string {
  if (!LANGUAGES.has(language.toLowerCase())) return escapeHtml(code);
  const { spans } = serviceFor(code).getEncodedSyntacticClassifications(FILE, {
    start: 0,
    length: code.length,
  });
  let html = "";
  let at = 0;
  for (let i = 0; i < spans.length; i += 3) {
    const [start = 0, length = 0, type = 0] = spans.slice(i, i + 3);
    const name = CLASSES[type as ts.ClassificationType];
    const text = escapeHtml(code.slice(start, start + length));
    html += escapeHtml(code.slice(at, start));
    html += name === undefined ? text : `<span class="tok-${name}">${text}</span>`;
    at = start + length;
  }
  return html + escapeHtml(code.slice(at));
}

/** The compiler's own classification, of syntax alone: it sees this one text and no library. */
function serviceFor(code: string): ts.LanguageService {
  return ts.createLanguageService(
    {
      getCompilationSettings: () => ({ jsx: ts.JsxEmit.Preserve, noLib: true }),
      getScriptFileNames: () => [FILE],
      getScriptVersion: () => "0",
      getScriptSnapshot: (name) => (name === FILE ? ts.ScriptSnapshot.fromString(code) : undefined),
      getCurrentDirectory: () => "",
      getDefaultLibFileName: () => "",
      fileExists: (name) => name === FILE,
      readFile: () => undefined,
    },
    undefined,
    ts.LanguageServiceMode.Syntactic,
  );
}
