import { SCOPE_NAME } from "./rewriteNames.ts";
import type { BoundFile, TypeScript } from "./typescript.ts";

/**
 * Decides what JSX of a cell becomes: calls of `React.createElement`, or of what `@jsx` and `@jsxFrag` in a comment at
 * its top say, found on the scope where the notebook has that name. To be called when the cell has been checked, which
 * looks for the names as they are written.
 */
export function setJsxFactory(
  compiler: TypeScript,
  file: BoundFile,
  isOnScope: (name: string) => boolean,
): void {
  if (!file.fileName.endsWith(".tsx")) return;
  const entity = (pragma: string, otherwise: string) => {
    const path = new RegExp(`@${pragma}\\s+([\\w$.]+)`).exec(file.text)?.[1] ?? otherwise;
    const [root = ""] = path.split(".");
    const text = isOnScope(root) ? `${SCOPE_NAME}.${path}` : path;
    return compiler.parseIsolatedEntityName(text, compiler.ScriptTarget.ES2022);
  };
  file.localJsxFactory = entity("jsx", "React.createElement");
  file.localJsxFragmentFactory = entity("jsxFrag", "React.Fragment");
}
