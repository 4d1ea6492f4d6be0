import { Dict, Range, Tuple } from "./containers.ts";
import type { Comparison } from "./nodes.ts";
import { PythonError } from "./templateErrors.ts";
import { isUndefined, iterate, textOf, typeName, Undefined, type Value } from "./values.ts";

/** An int, a float or a bool as a number to compare with; null for anything else. */
function numeric(value: Value): bigint | number | null {
  if (typeof value === "boolean") return BigInt(value);
  return typeof value === "bigint" || typeof value === "number" ? value : null;
}

/** `a == b` */
export function equals(a: Value, b: Value): boolean {
  if (a === b) return true;
  const left = numeric(a);
  const right = numeric(b);
  if (left !== null && right !== null) return left <= right && left >= right;
  if (Array.isArray(a)) return Array.isArray(b) && sameItems(a, b);
  if (a instanceof Tuple) return b instanceof Tuple && sameItems(a.items, b.items);
  if (a instanceof Range) return b instanceof Range && sameItems(a.items, b.items);
  if (a instanceof Dict && b instanceof Dict)
    return (
      a.length === b.length &&
      a.entries.every(([key, value]) => {
        const other = b.get(key);
        return other !== undefined && equals(value, other);
      })
    );
  if (isUndefined(a)) return isUndefined(b);
  const text = textOf(a);
  return text !== null && text === textOf(b);
}

function sameItems(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((item, i) => equals(item, b[i] as Value));
}

/** `a < b` */
export function isLess(a: Value, b: Value): boolean {
  return order("<", a, b) < 0;
}

/**
 * Below 0, 0 or above it; NaN where neither holds.
 * @throws PythonError where Python has no order for the two
 */
function order(operator: Comparison, a: Value, b: Value): number {
  for (const side of [a, b]) if (side instanceof Undefined) side.fail();
  const left = numeric(a);
  const right = numeric(b);
  if (left !== null && right !== null)
    return left < right ? -1 : left > right ? 1 : equals(left, right) ? 0 : Number.NaN;
  const [text, other] = [textOf(a), textOf(b)];
  if (text !== null && other !== null) return compareTexts(text, other);
  const items = itemsOf(a);
  const others = itemsOf(b);
  if (items === null || others === null || typeName(a) !== typeName(b))
    throw new PythonError(
      `'${operator}' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`,
    );
  for (const [i, item] of items.entries()) {
    const against = others[i];
    if (against === undefined) return 1;
    if (!equals(item, against)) return order(operator, item, against);
  }
  return items.length - others.length;
}

function itemsOf(value: Value): readonly Value[] | null {
  return Array.isArray(value) ? value : value instanceof Tuple ? value.items : null;
}

/** By code points, which is not the order of UTF-16. */
function compareTexts(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  for (const [i, character] of left.entries()) {
    const other = right[i];
    if (other === undefined) return 1;
    if (character !== other)
      return (character.codePointAt(0) as number) - (other.codePointAt(0) as number);
  }
  return left.length - right.length;
}

/** @throws PythonError where Python cannot compare the two */
export function compareValues(operator: Comparison, a: Value, b: Value): boolean {
  switch (operator) {
    case "==":
      return equals(a, b);
    case "!=":
      return !equals(a, b);
    case "in":
      return contains(b, a);
    case "not in":
      return !contains(b, a);
    case "<":
      return order(operator, a, b) < 0;
    case "<=":
      return order(operator, a, b) <= 0;
    case ">":
      return order(operator, a, b) > 0;
    default:
      return order(operator, a, b) >= 0;
  }
}

/** `item in container` @throws PythonError where the container is none */
function contains(container: Value, item: Value): boolean {
  if (container instanceof Dict) return container.has(item);
  const text = textOf(container);
  if (text !== null) {
    const part = textOf(item);
    if (part === null)
      throw new PythonError(`'in <string>' requires string as left operand, not ${typeName(item)}`);
    return text.includes(part);
  }
  for (const member of iterate(container)) if (equals(member, item)) return true;
  return false;
}
