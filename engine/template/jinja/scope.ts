import type { Value } from "./values.ts";

/** Variables of a template, a macro's body or one round of a loop; what is not here is looked up further out. */
export class Scope {
  readonly #values = new Map<string, Value>();
  readonly #outer: Scope | null;
  readonly #hidden: ReadonlySet<string>;

  /** @param hidden names that are not looked up further out, set or not */
  constructor(
    outer: Scope | null,
    values: Iterable<readonly [string, Value]> = [],
    hidden: ReadonlySet<string> = new Set(),
  ) {
    this.#outer = outer;
    this.#hidden = hidden;
    for (const [name, value] of values) this.set(name, value);
  }

  set(name: string, value: Value): void {
    this.#values.set(name, value);
  }

  /** Whether printing what is not there is an error. */
  get isStrict(): boolean {
    return this.#outer?.isStrict ?? false;
  }

  /** JavaScript's undefined where there is none. */
  get(name: string): Value | undefined {
    const value = this.#values.get(name);
    return value !== undefined || this.#hidden.has(name) ? value : this.#outer?.get(name);
  }
}

/** Outside of all others of a template in which what is not there must not be printed. */
export class StrictScope extends Scope {
  override get isStrict(): boolean {
    return true;
  }
}
