/** The top-level names of all cells, as plain properties of one object. */
export type Scope = Record<string, unknown>;

/**
 * An empty scope. Reading a name that was declared but never assigned, because its cell failed before or the module
 * lacks it, throws a ReferenceError, as it would in a module.
 */
export function createScope(): Scope {
  const missing = new Proxy(Object.create(null) as object, {
    get(_target, name) {
      const error = new ReferenceError(`Cannot access '${String(name)}' before initialization`);
      throw error;
    },
  });
  // A constructor rather than Object.create, which makes objects whose properties are slow to read.
  function emptyScope() {}
  emptyScope.prototype = missing;
  return Reflect.construct(emptyScope, []) as Scope;
}

/** Declares `var` names: undefined unless they have a value already. */
export function declareVariables(scope: Scope, names: readonly string[]): void {
  for (const name of names) if (!Object.hasOwn(scope, name)) scope[name] = undefined;
}
