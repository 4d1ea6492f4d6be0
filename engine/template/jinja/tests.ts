import { bind, type Parameter } from "./arguments.ts";
import { compareValues, equals } from "./comparison.ts";
import { Dict } from "./containers.ts";
import { filters } from "./filters.ts";
import { isNone } from "./noContent.ts";
import { binary } from "./operators.ts";
import { str } from "./repr.ts";
import { UnsupportedByUs } from "./templateErrors.ts";
import { textMethods } from "./textMethods.ts";
import { ToolArguments } from "./toolArguments.ts";
import { type Arguments, isUndefined, Markup, PythonObject, textOf, type Value } from "./values.ts";

type Test = (value: Value, args: Arguments) => boolean;

function test(
  name: string,
  run: (value: Value, ...values: Value[]) => boolean,
  parameters: readonly Parameter[] = [],
): [string, Test] {
  return [name, (value, args) => run(value, ...bind(name, args, parameters))];
}

function comparison(
  operator: "==" | "!=" | "<" | "<=" | ">" | ">=",
  ...names: string[]
): [string, Test][] {
  return names.map((name) =>
    test(name, (value, other) => compareValues(operator, value, other as Value), ["other"]),
  );
}

function isNumber(value: Value): boolean {
  return typeof value === "bigint" || typeof value === "number" || typeof value === "boolean";
}

function isString(value: Value): boolean {
  if (value instanceof ToolArguments) return value.isText;
  return typeof value === "string" || value instanceof Markup;
}

function modulo(value: Value, divisor: bigint, rest: bigint): boolean {
  return equals(binary("%", value, divisor), rest);
}

/** Jinja's tests: `value is name`. */
export const tests: ReadonlyMap<string, Test> = new Map([
  test("odd", (value) => modulo(value, 2n, 1n)),
  test("even", (value) => modulo(value, 2n, 0n)),
  test("divisibleby", (value, by) => equals(binary("%", value, by as Value), 0n), ["num"]),
  test("defined", (value) => !isUndefined(value)),
  test("undefined", isUndefined),
  test("none", isNone),
  test("boolean", (value) => typeof value === "boolean"),
  test("true", (value) => value === true),
  test("false", (value) => value === false),
  test("integer", (value) => typeof value === "bigint"),
  test("float", (value) => typeof value === "number"),
  test("number", isNumber),
  test("string", isString),
  test("mapping", (value) => value instanceof Dict),
  test("iterable", (value) => canIterate(value)),
  test("sequence", (value) => isSequence(value)),
  test("callable", (value) => value instanceof PythonObject && value.isCallable),
  test("lower", (value) => textMethods.get("islower")?.(str(value), NO_ARGUMENTS) === true),
  test("upper", (value) => textMethods.get("isupper")?.(str(value), NO_ARGUMENTS) === true),
  test("escaped", (value) => value instanceof Markup),
  test("in", (value, container) => compareValues("in", value, container as Value), ["seq"]),
  test("filter", (value) => filters.has(textOf(value) ?? "")),
  test("test", (value) => tests.has(textOf(value) ?? "")),
  test(
    "sameas",
    (value, other) => {
      const kind = typeof value;
      // Whether two equal numbers or texts are one object is up to Python.
      if (kind === typeof other && (kind === "bigint" || kind === "number" || kind === "string"))
        throw new UnsupportedByUs("sameas of numbers and texts");
      return value === other || (isNone(value) && isNone(other as Value));
    },
    ["other"],
  ),
  ...comparison("==", "==", "eq", "equalto"),
  ...comparison("!=", "!=", "ne"),
  ...comparison(">", ">", "gt", "greaterthan"),
  ...comparison(">=", ">=", "ge"),
  ...comparison("<", "<", "lt", "lessthan"),
  ...comparison("<=", "<=", "le"),
]);

const NO_ARGUMENTS: Arguments = { positional: [], named: new Map() };

function canIterate(value: Value): boolean {
  if (typeof value === "string" || Array.isArray(value)) return true;
  return value instanceof PythonObject && value.iterate() !== null;
}

function isSequence(value: Value): boolean {
  if (typeof value === "string" || Array.isArray(value) || value instanceof Markup) return true;
  return value instanceof PythonObject && value.hasItems && value.length !== null;
}
