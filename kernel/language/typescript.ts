import { createRequire } from "node:module";
import type ts from "typescript";
import { loadCompiled } from "./compiledModule.ts";

/** The compiler, with the internal functions used here; its version is pinned in package.json for their sake. */
export type TypeScript = typeof ts & {
  skipOuterExpressions(node: ts.Expression): ts.Expression;
  isNamedDeclaration(node: ts.Node): boolean;
  parseIsolatedEntityName(text: string, target: ts.ScriptTarget): ts.EntityName | undefined;
  bindSourceFile(file: ts.SourceFile, options: ts.CompilerOptions): void;
  readonly objectAllocator: {
    getSymbolConstructor(): new (flags: ts.SymbolFlags, name: ts.__String) => ts.Symbol;
  };
};

/** A syntax tree with what the parser and the binder leave on it. */
export interface BoundFile extends ts.SourceFile {
  /** Symbols of the top level by name, as the compiler spells it (`___x` is `__x`); set by the binder. */
  locals?: Map<ts.__String, ts.Symbol>;
  /** The modules that the file names; the checker looks at them to suggest another. */
  imports?: readonly ts.StringLiteral[];
  /** Every identifier in the text. */
  readonly identifiers: ReadonlyMap<string, string>;
  readonly parseDiagnostics: readonly ts.Diagnostic[];
  /** What comments at the top of the file ask for; several of one name are a list. */
  readonly pragmas: Map<string, Pragma | readonly Pragma[]>;
  /** What JSX calls in place of the compiler's own choice. */
  localJsxFactory?: ts.EntityName | undefined;
  localJsxFragmentFactory?: ts.EntityName | undefined;
  path: string;
  resolvedPath: string;
  originalFileName: string;
}

interface Pragma {
  readonly arguments: { readonly factory?: string };
}

export interface LoadedTypeScript {
  readonly compiler: TypeScript;
  /** Keeps what V8 has compiled of it; see `loadCompiled`. */
  keepCompiled(): void;
}

/**
 * TypeScript, which takes about 0.3 s of CPU to load, and 0.1 s where compiled code of it is kept.
 * @param compiledFolder where that is
 */
export function loadTypeScript(compiledFolder: string): LoadedTypeScript {
  const file = createRequire(import.meta.url).resolve("typescript");
  const { exports, keep } = loadCompiled(file, compiledFolder);
  return { compiler: exports as TypeScript, keepCompiled: keep };
}
