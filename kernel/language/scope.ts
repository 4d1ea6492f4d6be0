/** The top-level names of all cells, as plain properties of one object. */
export type Scope = Record<string, unknown>;

/** Why a name of a scope has no value, where there is more to say than that it was not assigned. */
const reasons = new WeakMap<Scope, Map<string, string>>();

/**
 * An empty scope. Reading a name that was declared but never assigned, because its cell failed before or the module
 * lacks it, throws a ReferenceError, as it would in a module.
 */
export function createScope(): Scope {
  const why = new Map<string, string>();
  const missing = new Proxy(Object.create(null) as object, {
    get(_target, name) {
      const reason = why.get(String(name));
      const error = new ReferenceError(
        reason ?? `Cannot access '${String(name)}' before initialization`,
      );
      throw error;
    },
  });
  // A constructor rather than Object.create, which makes objects whose properties are slow to read.
  function emptyScope() {}
  emptyScope.prototype = missing;
  const scope = Reflect.construct(emptyScope, []) as Scope;
  reasons.set(scope, why);
  return scope;
}

/** Takes the value of a name away; whoever reads it is told why. */
export function withhold(scope: Scope, name: string, reason: string): void {
  delete scope[name];
  reasons.get(scope)?.set(name, reason);
}

/** Declares `var` names: undefined unless they have a value already. */
export function declareVariables(scope: Scope, names: readonly string[]): void {
  for (const name of names) if (!Object.hasOwn(scope, name)) scope[name] = undefined;
}
