import { Dict, Tuple } from "./containers.ts";
import { evaluate } from "./evaluator.ts";
import type { Signature } from "./nodes.ts";
import type { Scope } from "./scope.ts";
import { PythonError, UnsupportedByUs } from "./templateErrors.ts";
import { type Arguments, PythonFunction, Undefined, type Value } from "./values.ts";

/**
 * A macro, or the body of a call block.
 * @param open makes the scope of one call
 * @param render the body in that scope
 */
export function macroFunction(
  name: string,
  signature: Signature,
  open: () => Scope,
  render: (scope: Scope) => string,
): PythonFunction {
  if (signature.parameters.some(([parameter]) => parameter === "caller"))
    throw new UnsupportedByUs("a parameter of a macro named caller");
  return new PythonFunction(name, (args) => {
    const scope = open();
    bindMacro(name, signature, args, scope);
    return render(scope);
  });
}

function bindMacro(name: string, signature: Signature, args: Arguments, scope: Scope): void {
  const { parameters, reads } = signature;
  const named = new Map(args.named);
  const take = (key: string): Value | undefined => {
    const value = named.get(key);
    named.delete(key);
    return value;
  };
  const given = parameters.map(([key], i) =>
    i < args.positional.length ? args.positional[i] : take(key),
  );
  if (reads.has("caller"))
    scope.set("caller", take("caller") ?? new Undefined("No caller defined"));
  const [unknown] = named.keys();
  if (reads.has("kwargs")) scope.set("kwargs", new Dict(named));
  else if (unknown !== undefined)
    throw new PythonError(`macro '${name}' takes no keyword argument '${unknown}'`);
  const more = args.positional.slice(parameters.length);
  if (reads.has("varargs")) scope.set("varargs", new Tuple(more));
  else if (more.length > 0)
    throw new PythonError(`macro '${name}' takes not more than ${parameters.length} argument(s)`);
  // A default sees the parameters before it, and those behind it as undefined.
  for (const [key] of parameters)
    scope.set(key, new Undefined(`parameter '${key}' was not provided`));
  for (const [i, [key, byDefault]] of parameters.entries()) {
    const value = given[i];
    if (value !== undefined) scope.set(key, value);
    else if (byDefault !== null) scope.set(key, evaluate(byDefault, scope));
  }
}
