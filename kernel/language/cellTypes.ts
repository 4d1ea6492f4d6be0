import type ts from "typescript";
import { CellScope } from "./cellScope.ts";
import { isTsx, parseCell } from "./cellSource.ts";
import { cellOptions } from "./compilerOptions.ts";
import { GLOBAL_DECLARATIONS } from "./globalDeclarations.ts";
import { readJsxPragmas } from "./jsx.ts";
import { readPathAliases } from "./pathAliases.ts";
import { type RewrittenCell, rewriteCell } from "./rewrite.ts";
import type { BoundFile, TypeScript } from "./typescript.ts";
import { diskVersion, VirtualFiles } from "./virtualFiles.ts";

export interface CellTypesOptions {
  /** Folder of the notebook: where imports start. */
  readonly cwd: string;
  /** Declaration file by module name, for modules that every notebook can import. */
  readonly modules: Readonly<Record<string, string>>;
}

export interface TypedCell {
  readonly file: BoundFile;
  /** Symbols of the cell's own top level. */
  readonly own: ReadonlyMap<string, ts.Symbol>;
}

/** What an import with `{ type: "text" }` or `{ type: "bytes" }` gives, whatever the file is. */
const DATA_MODULES = {
  text: {
    name: "__vitrine_text",
    text: "declare const text: string;\nexport default text;\n",
  },
  bytes: {
    name: "__vitrine_bytes",
    text: "declare const bytes: Uint8Array<ArrayBuffer>;\nexport default bytes;\n",
  },
} as const;

let libraries: ts.DocumentRegistry | null = null;

/** Syntax trees of libraries, which every notebook of this process shares. */
function librariesOf(compiler: TypeScript): ts.DocumentRegistry {
  libraries ??= compiler.createDocumentRegistry();
  return libraries;
}

/** A checker remembers every cell it has seen; after this many it makes way for a fresh one. */
const CELLS_PER_CHECKER = 200;

/**
 * The types of a notebook. The program of the language service holds only libraries, the modules that cells import and
 * a draft to complete and inspect in. The cells themselves stay outside of it: each is parsed and bound alone, the names
 * it takes from earlier cells are linked to the symbols of those, and the checker that is there already checks its
 * statements and emits them. So a cell costs what its own statements cost, however many came before.
 */
export class CellTypes {
  readonly #ts: TypeScript;
  readonly #options: ts.CompilerOptions;
  readonly #scope: CellScope;
  readonly #files = new VirtualFiles();
  readonly #service: ts.LanguageService;
  readonly #paths: Readonly<Record<"imports" | "augmentations" | "draft" | "draftX", string>>;
  readonly #cellPrefix: string;
  readonly #specifiers = new Set<string>();
  readonly #augmentations: string[] = [];
  /** Version of each local file that the program has read. */
  readonly #localVersions = new Map<string, string>();
  #program: ts.Program | null = null;
  #count = 0;

  constructor(compiler: TypeScript, { cwd, modules }: CellTypesOptions) {
    const folder = cwd.replaceAll("\\", "/").replace(/\/$/, "");
    const inFolder = (name: string): string => `${folder}/__vitrine_${name}`;
    this.#ts = compiler;
    this.#options = cellOptions(compiler, modules, readPathAliases(compiler, folder));
    this.#scope = new CellScope(compiler);
    this.#cellPrefix = inFolder("cell_");
    this.#paths = {
      imports: inFolder("imports.ts"),
      augmentations: inFolder("augmentations.ts"),
      draft: inFolder("draft.ts"),
      draftX: inFolder("draft.tsx"),
    };
    this.#files.set(inFolder("globals.d.ts"), GLOBAL_DECLARATIONS);
    for (const { name, text } of Object.values(DATA_MODULES)) {
      this.#files.set(`${folder}/${name}.d.ts`, text);
    }
    this.#files.set(this.#paths.imports, this.#importsText());
    this.#service = compiler.createLanguageService(
      this.#files.host(compiler, folder, this.#options),
      librariesOf(compiler),
    );
  }

  /** Parses a cell and links it to those before it. */
  open(source: string): TypedCell {
    if (this.#count > 0 && this.#count % CELLS_PER_CHECKER === 0) this.#renewChecker();
    const extension = isTsx(this.#ts, source) ? "tsx" : "ts";
    const name = `${this.#cellPrefix}${++this.#count}.${extension}`;
    const file = parseCell(this.#ts, name, source) as BoundFile;
    file.path = file.resolvedPath = file.originalFileName = name;
    file.imports = importsOf(this.#ts, file);
    this.#addModules(file);
    if (extension === "tsx") readJsxPragmas(this.#ts, file);
    // JSX also needs its factory, which its text does not name.
    const used = extension === "tsx" ? this.#scope.names() : file.identifiers.keys();
    return { file, own: this.#bind(file, used) };
  }

  /** Errors of the cell's statements. */
  check({ file }: TypedCell): readonly ts.Diagnostic[] {
    const { Error: error } = this.#ts.DiagnosticCategory;
    return this.#current()
      .getSemanticDiagnostics(file)
      .filter(({ category }) => category === error);
  }

  /** The cell as JavaScript; see `rewriteCell`. To be called when it has been checked. */
  rewrite(cell: TypedCell, knownNames: ReadonlySet<string>): RewrittenCell {
    return rewriteCell(this.#ts, this.#current(), cell, knownNames);
  }

  /** Lets later cells see what this one declares. */
  remember({ own }: TypedCell): void {
    this.#scope.declare(own);
  }

  /** Asks the language service about a cell that has not run, which sees every name of the notebook. */
  ask<Answer>(
    source: string,
    question: (service: ts.LanguageService, fileName: string) => Answer,
  ): Answer {
    const tsx = isTsx(this.#ts, source);
    const path = tsx ? this.#paths.draftX : this.#paths.draft;
    this.#files.delete(tsx ? this.#paths.draft : this.#paths.draftX);
    this.#files.renew(path, source);
    this.#refreshLocalFiles();
    this.#bind(this.#current().getSourceFile(path) as BoundFile, this.#scope.names());
    return question(this.#service, path);
  }

  close(): void {
    this.#service.dispose();
  }

  #bind(file: BoundFile, names: Iterable<string>): ReadonlyMap<string, ts.Symbol> {
    this.#ts.bindSourceFile(file, this.#options);
    const own = namedSymbols(this.#ts, file);
    this.#scope.link(file, names);
    return own;
  }

  /** The program as it should be by now. Modules of cells are resolved as those of the file that imports them all. */
  #current(): ts.Program {
    const program = this.#service.getProgram();
    if (program === undefined) throw new Error("cells: expected a program, got none.");
    if (program === this.#program) return program;
    this.#program = program;
    const internal = program as unknown as {
      getResolvedModule(file: ts.SourceFile, name: string, mode: unknown): unknown;
    };
    const resolved = internal.getResolvedModule;
    const imports = program.getSourceFile(this.#paths.imports) as ts.SourceFile;
    internal.getResolvedModule = (file, name, mode) => {
      const data = dataKind(this.#ts, file, name);
      if (data !== null) return resolved(imports, `./${DATA_MODULES[data].name}`, mode);
      return resolved(file.fileName.startsWith(this.#cellPrefix) ? imports : file, name, mode);
    };
    this.#localVersions.clear();
    for (const { fileName } of program.getSourceFiles()) {
      const isLocal = !fileName.includes("/node_modules/") && !fileName.includes("/__vitrine_");
      if (isLocal) this.#localVersions.set(fileName, diskVersion(fileName));
    }
    return program;
  }

  /** Has the program read the modules that a cell imports, and the local ones again where they were edited. */
  #addModules(file: BoundFile): void {
    const { text } = file;
    if (/\b(import|require)\b/.test(text)) {
      const { importedFiles } = this.#ts.preProcessFile(text, true, false);
      for (const { fileName } of importedFiles) this.#specifiers.add(fileName);
      this.#files.set(this.#paths.imports, this.#importsText());
      this.#refreshLocalFiles();
    }
    for (const statement of file.statements) {
      if (!this.#ts.isModuleDeclaration(statement)) continue;
      const isGlobal = (statement.flags & this.#ts.NodeFlags.GlobalAugmentation) !== 0;
      if (!isGlobal && !this.#ts.isStringLiteral(statement.name)) continue;
      this.#augmentations.push(statement.getText(file));
      this.#files.set(
        this.#paths.augmentations,
        `export {};\n${[...new Set(this.#augmentations)].join("\n")}`,
      );
    }
  }

  #importsText(): string {
    const data = Object.values(DATA_MODULES).map(({ name }) => `./${name}`);
    const lines = [...data, ...this.#specifiers].map((name) => `import ${JSON.stringify(name)};\n`);
    return `export {};\n${lines.join("")}`;
  }

  /** A program whose files all have the version they had stays, and its checker with it; so one of them gets another. */
  #renewChecker(): void {
    const { imports } = this.#paths;
    this.#files.renew(imports, this.#files.get(imports) ?? "");
  }

  #refreshLocalFiles(): void {
    for (const [path, version] of this.#localVersions) {
      if (diskVersion(path) !== version) {
        this.#files.version++;
        return;
      }
    }
  }
}

/** What a file declares at its top level, by the name as it is written; `declare global` and the like have none. */
function namedSymbols(compiler: TypeScript, { locals }: BoundFile): Map<string, ts.Symbol> {
  const named = new Map<string, ts.Symbol>();
  for (const [key, symbol] of locals ?? []) {
    const name = compiler.unescapeLeadingUnderscores(key);
    const isInternal = name.startsWith("__") && name === key;
    if (!isInternal && !name.startsWith('"')) named.set(name, symbol);
  }
  return named;
}

/** The modules that the statements of a file name. */
function importsOf(compiler: TypeScript, file: ts.SourceFile): ts.StringLiteral[] {
  return file.statements.flatMap((statement) => {
    const name = compiler.isImportDeclaration(statement)
      ? statement.moduleSpecifier
      : compiler.isImportEqualsDeclaration(statement) &&
          compiler.isExternalModuleReference(statement.moduleReference)
        ? statement.moduleReference.expression
        : undefined;
    return name !== undefined && compiler.isStringLiteral(name) ? [name] : [];
  });
}

/** Whether a file imports a module as data rather than as code. */
function dataKind(
  compiler: TypeScript,
  file: ts.SourceFile,
  name: string,
): keyof typeof DATA_MODULES | null {
  if (file.fileName.includes("/node_modules/") || !file.text.includes("with")) return null;
  for (const statement of file.statements) {
    if (!compiler.isImportDeclaration(statement)) continue;
    const { attributes, moduleSpecifier } = statement;
    if (attributes === undefined || !compiler.isStringLiteral(moduleSpecifier)) continue;
    if (moduleSpecifier.text !== name) continue;
    for (const { name: key, value } of attributes.elements) {
      if (key.text !== "type" || !compiler.isStringLiteral(value)) continue;
      if (value.text === "text" || value.text === "bytes") return value.text;
    }
  }
  return null;
}
