import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CompiledScript } from "../debugger/cellScript.ts";
import { Deno } from "../display/deno.ts";
import { type CellDiagnostic, CellLanguage, type TypeErrors } from "../language/cellLanguage.ts";
import type { CellNames } from "../language/cellNames.ts";
import { type CellRuntime, createCellRuntime, type RuntimeHooks } from "../language/cellRuntime.ts";
import { Executor } from "../language/executor.ts";
import { Importer } from "../language/importer.ts";
import type { RewrittenCell } from "../language/rewrite.ts";
import type { Scope } from "../language/scope.ts";
import { uninterrupted } from "../language/uninterrupted.ts";

export interface NotebookOptions {
  /** Folder of the notebook. */
  readonly cwd: string;
  /** Modules every cell can import: where their code and their types are. */
  readonly modules: Readonly<Record<string, { readonly url: string; readonly types?: string }>>;
  readonly hooks: Omit<RuntimeHooks, "importModule">;
  /** What becomes of type errors. */
  readonly typeErrors: TypeErrors;
  /** Where compiled code of the compiler itself is kept from one kernel to the next. */
  readonly compiledFolder: string;
  /** Told of each cell that is compiled; it runs when this is done. */
  readonly onCompiled: (script: CompiledScript) => Promise<void>;
  /** Throws if the cell that is about to run was interrupted already. */
  readonly throwIfInterrupted: () => void;
}

/** A cell the compiler refused. */
export class CompileFailure {
  readonly diagnostics: readonly CellDiagnostic[];
  constructor(diagnostics: readonly CellDiagnostic[]) {
    this.diagnostics = diagnostics;
  }
}

/** The language of one notebook joined to its scope: compiles cells and runs them. */
export class Notebook {
  readonly #options: NotebookOptions;
  readonly #executor: Executor;
  readonly #importer: Importer;
  #language: CellLanguage | null = null;

  constructor(options: NotebookOptions) {
    const { cwd, modules, hooks, throwIfInterrupted } = options;
    this.#options = options;
    const importer = new Importer({
      cwd,
      modules: Object.fromEntries(Object.entries(modules).map(([name, { url }]) => [name, url])),
    });
    this.#importer = importer;
    const runtime: CellRuntime = createCellRuntime(
      { ...hooks, importModule: (specifier, attributes) => importer.load(specifier, attributes) },
      {
        url: pathToFileURL(join(cwd, "cell.ts")).href,
        dirname: cwd,
        filename: join(cwd, "cell.ts"),
        resolve: (id: string) => pathToFileURL(importer.require.resolve(id)).href,
      },
    );
    // Packages take a global `Deno` for the whole of Deno.
    const cellGlobals = { Deno };
    this.#executor = new Executor({ importer, runtime, cwd, throwIfInterrupted, cellGlobals });
  }

  /** The compiler; the first use loads it, which takes a second or so. */
  get language(): CellLanguage {
    if (this.#language === null) {
      const { cwd, modules, typeErrors, compiledFolder } = this.#options;
      const types = Object.entries(modules).map(([name, module]) => [name, module.types]);
      this.#language = new CellLanguage({
        cwd,
        typeErrors,
        compiledFolder,
        modules: Object.fromEntries(types.filter(([, file]) => file !== undefined)),
      });
    }
    return this.#language;
  }

  /** To be called when user code was terminated: what it was loading is not loaded. */
  forgetUnfinished(): void {
    this.#importer.forgetUnfinished();
  }

  /** Loads the compiler and runs it once, so that the first cell need not wait. */
  warmUp(): void {
    uninterrupted(() => this.language.compile("console.log(1)", new Set(), () => false));
  }

  /** Makes the next kernel's start shorter, where none has done so before. */
  keepCompiled(): void {
    uninterrupted(() => this.language.keepCompiled());
  }

  /**
   * Compiles and runs a cell; its declarations are remembered from the moment it starts.
   * @param told before the cell runs: of type errors that do not keep it from running, and of the names that it touches
   * @returns the value of its last expression
   * @throws what the cell throws, or CompileFailure
   */
  async run(
    code: string,
    label: string,
    told: {
      readonly onTypeErrors?: (errors: readonly CellDiagnostic[]) => void;
      readonly onNames?: (names: CellNames) => void;
    } = {},
  ): Promise<unknown> {
    const names = this.#executor.names();
    const compiled = uninterrupted(() =>
      this.language.compile(code, names, (name) => names.has(name) || name in globalThis),
    );
    if (!compiled.ok) throw new CompileFailure(compiled.diagnostics);
    compiled.remember();
    if (compiled.diagnostics.length > 0) told.onTypeErrors?.(compiled.diagnostics);
    told.onNames?.(compiled.cell.names);
    const { sourceMap } = compiled.cell;
    return await this.#executor.run(compiled.cell, { label, source: code }, (url) =>
      this.#options.onCompiled({ url, label, source: code, sourceMap }),
    );
  }

  /** The top-level names of all cells that have a value. */
  globals(): Record<string, unknown> {
    const { scope } = this.#executor;
    const names = [...this.#executor.names()].filter((name) => Object.hasOwn(scope, name));
    return Object.fromEntries(names.map((name) => [name, scope[name]]));
  }

  /** @throws ReferenceError if nothing has that name */
  value(name: string): unknown {
    const { scope } = this.#executor;
    if (Object.hasOwn(scope, name)) return scope[name];
    if (name in globalThis) return (globalThis as Record<string, unknown>)[name];
    throw new ReferenceError(`${name} is not defined`);
  }

  /**
   * The value of an expression, awaited, which an interrupt ends as it ends a cell.
   * @throws what the expression throws, or CompileFailure
   */
  async evaluate(expression: string): Promise<unknown> {
    const cell = this.#compileExpression(expression, []);
    return await this.#executor.run(cell, { label: "debugger", source: expression });
  }

  /** Declares a name, as a cell would. */
  define(name: string, value: unknown): void {
    this.#executor.define(name, value);
  }

  /** What rewritten code needs to run: the shared scope, and the runtime that it calls. */
  get surroundings(): { readonly scope: Scope; readonly runtime: CellRuntime } {
    const { scope, runtime } = this.#executor;
    return { scope, runtime };
  }

  /**
   * An expression as the body of a function of the shared scope and the runtime.
   * @param locals names that are not the notebook's where the expression stands
   * @throws CompileFailure
   */
  translate(expression: string, locals: readonly string[]): string {
    return this.#compileExpression(expression, locals).code;
  }

  #compileExpression(expression: string, locals: readonly string[]): RewrittenCell {
    const hidden = new Set(locals);
    const names = new Set([...this.#executor.names()].filter((name) => !hidden.has(name)));
    const compiled = uninterrupted(() =>
      this.language.compile(`(${expression}\n)`, names, () => true),
    );
    if (!compiled.ok) throw new CompileFailure(compiled.diagnostics);
    return compiled.cell;
  }
}
