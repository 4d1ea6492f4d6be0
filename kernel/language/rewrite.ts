import type ts from "typescript";
import { BindingRewriter } from "./bindingRewriter.ts";
import { parseCell } from "./cellSource.ts";
import { type CellImport, readImport } from "./imports.ts";
import type { TypeScript } from "./typescript.ts";

export interface RewrittenCell {
  /** JavaScript of a function body that returns the value of the cell's last expression. */
  readonly code: string;
  /** Source map (version 3) from `code` to the cell's TypeScript. */
  readonly sourceMap: string;
  /** Whether the cell awaits at its top level. */
  readonly isAsync: boolean;
  readonly imports: readonly CellImport[];
  /** Names the cell declares with `var`: they are undefined until assigned. */
  readonly variables: readonly string[];
  /** Every name the cell declares as a value, imports aside. */
  readonly declared: readonly string[];
}

const CELL_FILE = "/cell.ts";

/**
 * Turns one cell into JavaScript whose top-level names live on a scope object that all cells share, so that a
 * function always sees the current value of a variable, whichever cell changed it. Awaits, `for await`, loops and
 * dynamic imports go through the runtime, which is how a running cell can be interrupted and how modules are found.
 *
 * @param source TypeScript without `export` modifiers
 * @param knownNames names that earlier cells put on the scope
 */
export function rewriteCell(
  compiler: TypeScript,
  source: string,
  knownNames: ReadonlySet<string>,
): RewrittenCell {
  const options: ts.CompilerOptions = {
    target: compiler.ScriptTarget.ES2022,
    module: compiler.ModuleKind.ESNext,
    moduleDetection: compiler.ModuleDetectionKind.Force,
    isolatedModules: true,
    preserveConstEnums: true,
    experimentalDecorators: true,
    sourceMap: true,
    noLib: true,
    noResolve: true,
    types: [],
    newLine: compiler.NewLineKind.LineFeed,
  };
  const file = parseCell(compiler, CELL_FILE, source);
  const program = compiler.createProgram([CELL_FILE], options, {
    getSourceFile: (name) => (name === CELL_FILE ? file : undefined),
    writeFile: () => undefined,
    getDefaultLibFileName: () => "lib.d.ts",
    useCaseSensitiveFileNames: () => true,
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => "/",
    getNewLine: () => "\n",
    fileExists: (name) => name === CELL_FILE,
    readFile: () => undefined,
  });
  const checker = program.getTypeChecker();
  const imports = file.statements.flatMap((statement) => readImport(compiler, statement));
  let rewriter: BindingRewriter | undefined;
  let code = "";
  let sourceMap = "";
  program.emit(
    file,
    (name, text) => {
      if (name.endsWith(".map")) sourceMap = text;
      else if (name.endsWith(".js")) code = text;
    },
    undefined,
    false,
    {
      before: [
        (context) => (root) => {
          rewriter = new BindingRewriter(compiler, context, checker, root, knownNames);
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
    imports,
    variables: rewriter?.variables ?? [],
    declared: rewriter?.declared ?? [],
  };
}
