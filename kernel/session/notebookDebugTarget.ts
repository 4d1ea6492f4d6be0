import { inspect } from "node:util";
import { DEBUG_TARGET, type DebugTarget } from "../debugger/debugTarget.ts";
import { toMimeBundle } from "../display/bundle.ts";
import { isTable, tableHtml } from "../display/table.ts";
import { RUNTIME_NAME, SCOPE_NAME } from "../language/rewriteNames.ts";
import { CompileFailure, type Notebook } from "./notebook.ts";

/** What a debugger of this notebook can ask for. */
export class NotebookDebugTarget implements DebugTarget {
  readonly #notebook: Notebook;

  constructor(notebook: Notebook) {
    this.#notebook = notebook;
  }

  /** Arguments of the functions that `translate` makes. */
  get surroundings(): readonly unknown[] {
    const { scope, runtime } = this.#notebook.surroundings;
    return [scope, runtime];
  }

  globals(): Record<string, unknown> {
    return this.#notebook.globals();
  }

  translate(expression: string, locals: readonly string[]): string {
    try {
      const body = this.#notebook.translate(expression, locals);
      return `((${SCOPE_NAME}, ${RUNTIME_NAME}) => {${body}})(...${DEBUG_TARGET}.surroundings)`;
    } catch (error) {
      if (!(error instanceof CompileFailure)) throw error;
      throw new SyntaxError(error.diagnostics.map(({ message }) => message).join("\n"));
    }
  }

  define(name: string, value: unknown): void {
    this.#notebook.define(name, value);
  }

  async bundle(value: unknown): Promise<Record<string, unknown>> {
    return toMimeBundle(value);
  }

  bundleNow(value: unknown): Record<string, unknown> {
    const text = { "text/plain": inspect(value, { depth: 4 }) };
    return isTable(value) ? { ...text, "text/html": tableHtml(value) } : text;
  }
}
