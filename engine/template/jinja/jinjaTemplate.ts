import { globals } from "./globals.ts";
import { findHiddenNames } from "./hiddenNames.ts";
import { renderTemplate } from "./interpreter.ts";
import type { Statement } from "./nodes.ts";
import { parseTemplate } from "./parser.ts";
import { Scope, StrictScope } from "./scope.ts";
import type { Value } from "./values.ts";

/**
 * A template of Python's Jinja with what transformers adds: trim_blocks, lstrip_blocks, break and continue, the tag
 * `generation`, `raise_exception`, `strftime_now`, a `tojson` that escapes nothing for HTML, and a sandbox in which lists and
 * dicts do not change.
 */
export class JinjaTemplate {
  readonly #body: readonly Statement[];
  readonly #outside: Scope;

  /**
   * @param isStrict whether printing what is not there is an error, as with Jinja's StrictUndefined
   * @throws TemplateSyntaxError, UnsupportedByUs
   */
  constructor(source: string, { isStrict = false }: { readonly isStrict?: boolean } = {}) {
    this.#outside = isStrict ? new StrictScope(null, globals) : new Scope(null, globals);
    this.#body = parseTemplate(source);
    findHiddenNames(this.#body);
  }

  /** @throws PythonError, TemplateRaised, UnsupportedByUs */
  render(variables: Iterable<readonly [string, Value]>): string {
    return renderTemplate(this.#body, new Scope(this.#outside, variables));
  }
}
