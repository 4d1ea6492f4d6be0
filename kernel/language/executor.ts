import { join } from "node:path";
import { Script } from "node:vm";
import type { CellRuntime } from "./cellRuntime.ts";
import type { Importer } from "./importer.ts";
import { nextTurn } from "./nextTurn.ts";
import type { RewrittenCell } from "./rewrite.ts";
import { CELL_URL_PREFIX, RUNTIME_NAME, SCOPE_NAME } from "./rewriteNames.ts";
import { createScope, declareVariables, type Scope } from "./scope.ts";
import { compileWritten, registerScript } from "./stackTrace.ts";

type CellFunction = (...parameters: unknown[]) => unknown;

/** Runs rewritten cells in this process, on one scope. */
export class Executor {
  readonly scope: Scope = createScope();
  readonly #names = new Set<string>();
  readonly #importer: Importer;
  readonly runtime: CellRuntime;
  readonly #cwd: string;
  readonly #throwIfInterrupted: () => void;
  readonly #cellGlobals: Readonly<Record<string, unknown>>;
  #count = 0;

  /**
   * @param options.throwIfInterrupted throws if the cell that is about to run was interrupted already
   * @param options.cellGlobals what cells find by these names, and modules do not
   */
  constructor(options: {
    importer: Importer;
    runtime: CellRuntime;
    cwd: string;
    throwIfInterrupted: () => void;
    cellGlobals?: Readonly<Record<string, unknown>>;
  }) {
    this.#importer = options.importer;
    this.runtime = options.runtime;
    this.#cwd = options.cwd;
    this.#throwIfInterrupted = options.throwIfInterrupted;
    this.#cellGlobals = options.cellGlobals ?? {};
  }

  /** Names that cells have declared, whether or not they were assigned before something threw. */
  names(): ReadonlySet<string> {
    return this.#names;
  }

  /** Declares a name, as a cell would. */
  define(name: string, value: unknown): void {
    this.#names.add(name);
    this.scope[name] = value;
  }

  /**
   * Runs a cell and returns the value of its last expression, awaited. What it assigned before throwing stays.
   * @param written what stack traces call the cell, and its TypeScript
   * @param onCompiled told the URL of the cell's script; the cell runs when it is done
   * @throws whatever the cell throws; KeyboardInterrupt if it was interrupted
   */
  async run(
    cell: RewrittenCell,
    { label, source }: { readonly label: string; readonly source: string },
    onCompiled: (url: string) => Promise<void> = async () => {},
  ): Promise<unknown> {
    const fileName = `${CELL_URL_PREFIX}${++this.#count}`;
    registerScript(fileName, { label, source, sourceMap: cell.sourceMap });
    const call = this.#compile(cell, fileName);
    declareVariables(this.scope, cell.variables);
    for (const name of cell.declared) this.#names.add(name);
    for (const statement of cell.imports) {
      for (const { local } of statement.bindings) this.#names.add(local);
      await this.runtime.wait(this.#importer.bind(statement, this.scope));
    }
    await onCompiled(fileName);
    // An interrupt that came while the cell was compiled is heard of first.
    await nextTurn();
    this.#throwIfInterrupted();
    const result = call();
    // An async cell hears of interrupts at its own awaits; a promise that is merely its value must be waited for here.
    return await (cell.isAsync ? result : this.runtime.wait(result));
  }

  #compile({ code, isAsync, asksForArguments }: RewrittenCell, fileName: string): () => unknown {
    const parameters = [
      SCOPE_NAME,
      RUNTIME_NAME,
      "require",
      "module",
      "exports",
      "__filename",
      "__dirname",
      ...Object.keys(this.#cellGlobals),
    ];
    const list = `(${parameters.join(", ")})`;
    // A module has no `arguments`, and neither has an arrow function. The function inside lets a cell declare any name.
    const outer = asksForArguments ? `${list} =>` : `function ${list}`;
    const script = compileWritten(
      fileName,
      () =>
        new Script(
          `(${outer} { "use strict"; return ${isAsync ? "async " : ""}() => {\n${code}\n}; })`,
          { filename: fileName, lineOffset: -1 },
        ),
    );
    const compiled = script.runInThisContext({ displayErrors: false }) as CellFunction;
    const module = { exports: {} };
    const { require } = this.#importer;
    return compiled.call(
      undefined,
      this.scope,
      this.runtime,
      require,
      module,
      module.exports,
      join(this.#cwd, "cell.ts"),
      this.#cwd,
      ...Object.values(this.#cellGlobals),
    ) as () => unknown;
  }
}
