import type ts from "typescript";
import { BindingRewriter } from "./bindingRewriter.ts";
import type { CellNames } from "./cellNames.ts";
import { type CellImport, readImport } from "./imports.ts";
import { setJsxFactory } from "./jsx.ts";
import type { BoundFile, TypeScript } from "./typescript.ts";

export interface RewrittenCell {
  /** JavaScript of a function body that returns the value of the cell's last expression. */
  readonly code: string;
  /** Source map (version 3) from `code` to the cell's TypeScript. */
  readonly sourceMap: string;
  /** Whether the cell awaits at its top level. */
  readonly isAsync: boolean;
  /** Whether the cell names `arguments` outside of any function that has them. */
  readonly asksForArguments: boolean;
  readonly imports: readonly CellImport[];
  /** Names the cell declares with `var`: they are undefined until assigned. */
  readonly variables: readonly string[];
  /** Every name the cell declares as a value, imports aside. */
  readonly declared: readonly string[];
  readonly names: CellNames;
}

/**
 * Turns one cell into JavaScript whose top-level names live on a scope object that all cells share, so that a
 * function always sees the current value of a variable, whichever cell changed it. Awaits, `for await`, loops and
 * dynamic imports go through the runtime, which is how a running cell can be interrupted and how modules are found.
 *
 * @param program knows the types of the file, of which it need not be a part
 * @param file TypeScript without `export` modifiers, bound
 * @param own symbols of the file's own top level
 * @param knownNames names that earlier cells put on the scope
 */
export function rewriteCell(
  compiler: TypeScript,
  program: ts.Program,
  { file, own }: { readonly file: BoundFile; readonly own: ReadonlyMap<string, ts.Symbol> },
  knownNames: ReadonlySet<string>,
): RewrittenCell {
  setJsxFactory(compiler, file, (name) => own.has(name) || knownNames.has(name));
  const checker = program.getTypeChecker();
  const imports = file.statements.flatMap((statement) => readImport(compiler, statement));
  let rewriter: BindingRewriter | undefined;
  let code = "";
  let sourceMap = "";
  program.emit(
    file,
    (name, text) => {
      if (name.endsWith(".map")) sourceMap = text;
      else if (/\.jsx?$/.test(name)) code = text;
    },
    undefined,
    false,
    {
      before: [
        (context) => (root) => {
          rewriter = new BindingRewriter(compiler, context, checker, {
            file: root,
            own,
            knownNames,
          });
          return rewriter.rewrite(root);
        },
      ],
    },
  );
  return {
    code: code
      .replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n")
      .replace(/(^|\n)export \{\s*\};\s*$/, "$1"),
    sourceMap,
    isAsync: rewriter?.hasTopLevelAwait ?? false,
    asksForArguments: rewriter?.asksForArguments ?? false,
    imports,
    variables: rewriter?.variables ?? [],
    declared: rewriter?.declared ?? [],
    names: {
      declares: [
        ...imports.flatMap(({ bindings }) => bindings.map(({ local }) => local)),
        ...(rewriter?.declared ?? []),
        ...(rewriter?.writes ?? []),
      ],
      reads: [...(rewriter?.reads ?? [])],
    },
  };
}
