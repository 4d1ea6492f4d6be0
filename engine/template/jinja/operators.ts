import { Dict, Tuple } from "./containers.ts";
import type { BinaryOperator } from "./nodes.ts";
import { percentFormat } from "./percentFormat.ts";
import { str } from "./repr.ts";
import { PythonError, UnsupportedByUs } from "./templateErrors.ts";
import { Markup, textOf, typeName, Undefined, type Value } from "./values.ts";

/** @throws PythonError where Python raises */
export function binary(operator: BinaryOperator, left: Value, right: Value): Value {
  const text = textOf(left);
  if (left instanceof Undefined) left.fail();
  // A text formats whatever is given, with %s something undefined too.
  if (right instanceof Undefined && !(operator === "%" && text !== null)) right.fail();
  if (left instanceof Markup || right instanceof Markup) return withMarkup(operator, left, right);
  if (operator === "%" && text !== null) return percentFormat(text, right);
  const [a, b] = [number(left), number(right)];
  if (a !== null && b !== null) return arithmetic(operator, a, b);
  if (operator === "+") {
    const other = textOf(right);
    if (text !== null && other !== null) return text + other;
    if (Array.isArray(left) && Array.isArray(right)) return [...left, ...right];
    if (left instanceof Tuple && right instanceof Tuple)
      return new Tuple([...left.items, ...right.items]);
  }
  if (operator === "*") {
    const repeated = repeat(left, right) ?? repeat(right, left);
    if (repeated !== null) return repeated;
  }
  throw mismatch(operator, left, right);
}

function mismatch(operator: string, left: Value, right: Value): PythonError {
  return new PythonError(
    `unsupported operand type(s) for ${operator}: '${typeName(left)}' and '${typeName(right)}'`,
  );
}

/** `-value` or `+value` */
export function signed(sign: "+" | "-", value: Value): Value {
  if (value instanceof Undefined) return value.fail();
  const operand = number(value);
  if (operand === null)
    throw new PythonError(`bad operand type for unary ${sign}: '${typeName(value)}'`);
  return sign === "-" ? -operand : operand;
}

/** `a ~ b`: texts joined, whatever the values are; nothing is escaped, and the result is not marked as safe. */
export function concatenate(values: readonly Value[]): string {
  return values.map(str).join("");
}

/** The value's text with &, <, >, ' and " as HTML writes them; what is marked as safe stays. */
export function escapeHtml(value: Value): string {
  if (value instanceof Markup) return value.text;
  return str(value).replace(/[&<>'"]/g, (character) => HTML[character] as string);
}

const HTML: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "'": "&#39;",
  '"': "&#34;",
};

function withMarkup(operator: BinaryOperator, left: Value, right: Value): Value {
  const isText = (value: Value) => value instanceof Markup || textOf(value) !== null;
  if (operator !== "+") throw new UnsupportedByUs(`${operator} on text that is marked as safe`);
  if (!isText(left) || !isText(right)) throw mismatch(operator, left, right);
  return new Markup(escapeHtml(left) + escapeHtml(right));
}

function number(value: Value): bigint | number | null {
  if (typeof value === "boolean") return BigInt(value);
  return typeof value === "bigint" || typeof value === "number" ? value : null;
}

function repeat(value: Value, times: Value): Value | null {
  const count = typeof times === "boolean" || typeof times === "bigint" ? Number(times) : null;
  if (count === null) return null;
  const n = Math.max(0, count);
  const items = Array.isArray(value) ? value : value instanceof Tuple ? value.items : null;
  const text = textOf(value);
  const size = items?.length ?? text?.length ?? 0;
  if (n * size > 100_000_000) throw new PythonError("a repetition is too long for memory");
  if (text !== null) return text.repeat(n);
  if (items === null) return null;
  const repeated = Array.from({ length: n }, () => items).flat() as Value[];
  return Array.isArray(value) ? repeated : new Tuple(repeated);
}

function arithmetic(operator: BinaryOperator, a: bigint | number, b: bigint | number): Value {
  if (operator === "/") {
    if (Number(b) === 0) throw new PythonError("division by zero");
    return Number(a) / Number(b);
  }
  if (typeof a === "bigint" && typeof b === "bigint" && !(operator === "**" && b < 0n))
    return integers(operator, a, b);
  return floats(operator, Number(a), Number(b));
}

function integers(operator: BinaryOperator, a: bigint, b: bigint): Value {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "**":
      if (b > 100_000n) throw new PythonError("a power is too large");
      return a ** b;
    default: {
      if (b === 0n) throw new PythonError("integer division or modulo by zero");
      // The remainder has the divisor's sign.
      const rest = ((a % b) + b) % b;
      return operator === "%" ? rest : (a - rest) / b;
    }
  }
}

function floats(operator: BinaryOperator, a: number, b: number): Value {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "**": {
      if (a === 0 && b < 0) throw new PythonError("0.0 cannot be raised to a negative power");
      if (a < 0 && !Number.isInteger(b)) throw new UnsupportedByUs("complex numbers");
      const power = a ** b;
      if (!Number.isFinite(power) && Number.isFinite(a) && Number.isFinite(b))
        throw new PythonError("Numerical result out of range");
      return power;
    }
    default: {
      if (b === 0) throw new PythonError("float floor division by zero");
      let rest = a % b;
      if (rest !== 0 && rest < 0 !== b < 0) rest += b;
      if (operator === "%") return rest === 0 ? (b < 0 ? -0 : 0) : rest;
      const quotient = (a - rest) / b;
      const floor = Math.floor(quotient);
      return quotient - floor > 0.5 ? floor + 1 : floor;
    }
  }
}

/** Parts of a dict or a list of pairs, as `dict(...)` and `namespace(...)` take them. */
export function dictFrom(args: {
  positional: readonly Value[];
  named: ReadonlyMap<string, Value>;
}): Dict {
  const [source, ...more] = args.positional;
  if (more.length > 0) throw new PythonError("dict expected at most 1 argument");
  const dict = new Dict(source instanceof Dict ? source.entries : pairsOf(source));
  for (const [name, value] of args.named) dict.set(name, value);
  return dict;
}

function pairsOf(source: Value | undefined): [Value, Value][] {
  if (source === undefined) return [];
  if (!Array.isArray(source) && !(source instanceof Tuple))
    throw new UnsupportedByUs(`a dict made of a ${typeName(source)}`);
  return [...(Array.isArray(source) ? source : source.items)].map((pair) => {
    const items = Array.isArray(pair) ? pair : pair instanceof Tuple ? pair.items : [];
    const [key, value] = items;
    if (items.length !== 2 || key === undefined || value === undefined)
      throw new PythonError("dictionary update sequence element is no pair");
    return [key, value];
  });
}
