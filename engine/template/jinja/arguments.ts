import { PythonError } from "./templateErrors.ts";
import { type Arguments, isUndefined, textOf, typeName, type Value } from "./values.ts";

/** A parameter: its name where it has to be given, else its name and default. */
export type Parameter = string | readonly [name: string, byDefault: Value];

/**
 * The values of a function's parameters, in order.
 * @throws PythonError where there are too many, too few or unknown ones
 */
export function bind(name: string, args: Arguments, parameters: readonly Parameter[]): Value[] {
  if (args.positional.length > parameters.length)
    throw new PythonError(
      `${name}() takes at most ${parameters.length} arguments (${args.positional.length} given)`,
    );
  const named = new Map(args.named);
  const values = parameters.map((parameter, i) => {
    const [key, byDefault] = typeof parameter === "string" ? [parameter, undefined] : parameter;
    const given = args.positional[i];
    if (given !== undefined && named.has(key))
      throw new PythonError(`${name}() got multiple values for argument '${key}'`);
    const value = given === undefined ? (named.has(key) ? named.get(key) : byDefault) : given;
    if (value === undefined) throw new PythonError(`${name}() missing required argument: '${key}'`);
    named.delete(key);
    return value;
  });
  const [unknown] = named.keys();
  if (unknown !== undefined)
    throw new PythonError(`${name}() got an unexpected keyword argument '${unknown}'`);
  return values;
}

/** @throws PythonError where the value is no int */
export function integer(value: Value): number {
  if (isUndefined(value)) value.fail();
  if (typeof value === "bigint" || typeof value === "boolean") return Number(value);
  throw new PythonError(`'${typeName(value)}' object cannot be interpreted as an integer`);
}

/** @throws PythonError where the value is no text */
export function text(value: Value): string {
  const found = textOf(value);
  if (found === null) throw new PythonError(`expected str, got '${typeName(value)}'`);
  return found;
}
