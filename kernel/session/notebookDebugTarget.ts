import { thrownError } from "../cell/errorContent.ts";
import {
  DEBUG_TARGET,
  type DebugAnswer,
  type DebugQuestion,
  type DebugTarget,
} from "../debugger/debugTarget.ts";
import { toMimeBundle } from "../display/bundle.ts";
import { plainText } from "../display/plainText.ts";
import { tableHtml, tableOf } from "../display/table.ts";
import { RUNTIME_NAME, SCOPE_NAME } from "../language/rewriteNames.ts";
import { isInstance } from "../language/safely.ts";
import { CompileFailure, type Notebook } from "./notebook.ts";
import { variableRows } from "./variableRows.ts";

/** What a debugger of this notebook can ask for. */
export class NotebookDebugTarget implements DebugTarget {
  readonly #notebook: Notebook;
  readonly #evaluated = new Map<number, unknown>();
  #last = 0;
  #failure: string | null = null;

  constructor(notebook: Notebook) {
    this.#notebook = notebook;
  }

  /** Arguments of the functions that `translate` makes. */
  get surroundings(): readonly unknown[] {
    const { scope, runtime } = this.#notebook.surroundings;
    return [scope, runtime];
  }

  /** To be called from the event loop. */
  async answer(question: DebugQuestion): Promise<DebugAnswer> {
    try {
      return { value: await this.#carryOut(question) };
    } catch (error) {
      const { ename, evalue } = thrownError(asSyntaxError(error));
      return { error: `${ename}: ${evalue}` };
    }
  }

  take(number: number): unknown {
    const value = this.#evaluated.get(number);
    this.#evaluated.delete(number);
    return value;
  }

  globals(): Record<string, unknown> {
    return this.#notebook.globals();
  }

  translate(expression: string, locals: readonly string[]): string {
    try {
      const body = this.#notebook.translate(expression, locals);
      return `((${SCOPE_NAME}, ${RUNTIME_NAME}) => {${body}})(...${DEBUG_TARGET}.surroundings)`;
    } catch (error) {
      throw asSyntaxError(error);
    }
  }

  define(name: string, value: unknown): void {
    this.#notebook.define(name, value);
  }

  fail(error: unknown): void {
    const { ename, evalue } = thrownError(error);
    this.#failure = `${ename}: ${evalue}`;
  }

  takeFailure(): string | null {
    const failure = this.#failure;
    this.#failure = null;
    return failure;
  }

  bundleNow(value: unknown): Record<string, unknown> {
    const text = { "text/plain": plainText(value) };
    const table = tableOf(value);
    return table === null ? text : { ...text, "text/html": tableHtml(table) };
  }
  async #carryOut(question: DebugQuestion): Promise<unknown> {
    if (question.ask === "bundle") {
      return await toMimeBundle(this.#notebook.value(question.name));
    }
    if (question.ask === "variables") return variableRows(this.#notebook.globals());
    if (question.ask === "copy") {
      this.#notebook.define(question.to, this.#notebook.value(question.from));
      return null;
    }
    const value = await this.#notebook.evaluate(question.expression);
    this.#evaluated.set(++this.#last, value);
    return this.#last;
  }
}

function asSyntaxError(error: unknown): unknown {
  if (!isInstance(error, CompileFailure)) return error;
  return new SyntaxError(error.diagnostics.map(({ message }) => message).join("\n"));
}
