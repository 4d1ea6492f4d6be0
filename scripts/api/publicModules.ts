import { dirname, relative, resolve } from "node:path";
import ts from "typescript";
import { inRepository, repositoryRoot } from "../build/repository.ts";

/** Entry point by the name that people import. */
const ENTRIES = { vitrine: "engine/index.node.ts", "vitrine/widgets": "widgets/index.ts" } as const;

export type ModuleName = keyof typeof ENTRIES;

export interface PublicModules {
  /** Declaration by exported name, through every re-export. */
  readonly exports: Readonly<Record<ModuleName, ReadonlyMap<string, ts.Declaration>>>;
  /** Classes that exported ones extend and that are not exported themselves, by name. */
  readonly bases: ReadonlyMap<string, ts.Declaration>;
  /** The modules that the two reach, but for those below what they show. */
  readonly sources: readonly ts.SourceFile[];
}

/** Reads the entry points and what they reach, without the libraries: names are needed here, types are not. */
export function readPublicModules(): PublicModules {
  const options: ts.CompilerOptions = {
    noLib: true,
    types: [],
    allowImportingTsExtensions: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  host.resolveModuleNameLiterals = (literals, containingFile) =>
    literals.map(({ text }) => {
      const isOwn = /^\.{1,2}\/.*\.ts$/.test(text);
      const resolvedFileName = resolve(dirname(containingFile), text);
      return {
        resolvedModule: isOwn ? { resolvedFileName, extension: ts.Extension.Ts } : undefined,
      };
    });
  const program = ts.createProgram(
    Object.values(ENTRIES).map((path) => inRepository(path)),
    options,
    host,
  );
  const checker = program.getTypeChecker();
  const declarationOf = (symbol: ts.Symbol): ts.Declaration | undefined => {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    return (isAlias ? checker.getAliasedSymbol(symbol) : symbol).declarations?.[0];
  };
  const exportsOf = (path: string): ReadonlyMap<string, ts.Declaration> => {
    const source = program.getSourceFile(inRepository(path));
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`api: expected a module, got none at ${path}.`);
    return new Map(
      checker.getExportsOfModule(module).map((symbol) => {
        const declaration = declarationOf(symbol);
        if (declaration === undefined)
          throw new Error(`api: expected a declaration of ${symbol.name}, got none.`);
        return [symbol.name, declaration];
      }),
    );
  };
  const isOwn = ({ fileName }: ts.SourceFile): boolean =>
    /^(engine|widgets|kernel\/display)\//.test(
      relative(repositoryRoot, fileName).replaceAll("\\", "/"),
    );
  const exports = {
    vitrine: exportsOf(ENTRIES.vitrine),
    "vitrine/widgets": exportsOf(ENTRIES["vitrine/widgets"]),
  };
  const bases = new Map<string, ts.Declaration>();
  for (const declaration of exports["vitrine/widgets"].values()) {
    if (!ts.isClassDeclaration(declaration)) continue;
    for (const { types } of declaration.heritageClauses ?? [])
      for (const { expression } of types) {
        const symbol = checker.getSymbolAtLocation(expression);
        const base = symbol && declarationOf(symbol);
        if (base !== undefined) bases.set(expression.getText(), base);
      }
  }
  return { exports, bases, sources: program.getSourceFiles().filter(isOwn) };
}
