import { SCOPE_NAME } from "./rewriteNames.ts";
import type { BoundFile, TypeScript } from "./typescript.ts";

/** What JSX calls, and where the parser keeps what a comment names in its place. */
const FACTORIES = { jsx: "React.createElement", jsxfrag: "React.Fragment" } as const;

/**
 * Has the checker find `@jsx` and `@jsxFrag` in a comment before any statement of a cell, as the run does; by itself it
 * reads only those before the first.
 */
export function readJsxPragmas(compiler: TypeScript, file: BoundFile): void {
  const { text, pragmas } = file;
  for (const { pos } of file.statements) {
    const comments = [
      ...(compiler.getTrailingCommentRanges(text, pos) ?? []),
      ...(compiler.getLeadingCommentRanges(text, pos) ?? []),
    ];
    for (const comment of comments) {
      const found = text.slice(comment.pos, comment.end).matchAll(/@(jsx|jsxFrag)\s+([\w$.]+)/g);
      for (const [, name = "", factory = ""] of found) {
        const key = name.toLowerCase();
        if (!pragmas.has(key)) pragmas.set(key, { arguments: { factory } });
      }
    }
  }
}

/**
 * Decides what JSX of a cell becomes: calls of `React.createElement`, or of what its pragmas say, found on the scope
 * where the notebook has that name. To be called when the cell has been checked, which looks for the names as they are
 * written.
 */
export function setJsxFactory(
  compiler: TypeScript,
  file: BoundFile,
  isOnScope: (name: string) => boolean,
): void {
  if (!file.fileName.endsWith(".tsx")) return;
  const entity = (name: keyof typeof FACTORIES) => {
    const [pragma] = [file.pragmas.get(name)].flat();
    const path = pragma?.arguments.factory ?? FACTORIES[name];
    const [root = ""] = path.split(".");
    const text = isOnScope(root) ? `${SCOPE_NAME}.${path}` : path;
    return compiler.parseIsolatedEntityName(text, compiler.ScriptTarget.ES2022);
  };
  file.localJsxFactory = entity("jsx");
  file.localJsxFragmentFactory = entity("jsxfrag");
}
