import { integer } from "./arguments.ts";
import { Range, Tuple } from "./containers.ts";
import { PythonError, UnsupportedByUs } from "./templateErrors.ts";
import { codePoints, textOf, type Value } from "./values.ts";

/**
 * `value[start:stop:step]`; null for a bound that is left out. JavaScript's undefined where the value has no slices.
 * @throws PythonError where the step is 0
 */
export function sliceOf(value: Value, start: Value, stop: Value, step: Value): Value | undefined {
  const text = textOf(value);
  if (text !== null) return [...positions(codePoints(text), start, stop, step)].join("");
  if (Array.isArray(value)) return positions(value, start, stop, step);
  if (value instanceof Tuple) return new Tuple(positions(value.items, start, stop, step));
  if (value instanceof Range) throw new UnsupportedByUs("a slice of a range");
  return undefined;
}

function positions<T>(
  items: { readonly length: number; readonly [index: number]: T },
  start: Value,
  stop: Value,
  step: Value,
): T[] {
  const by = step === null ? 1 : integer(step);
  if (by === 0) throw new PythonError("slice step cannot be zero");
  const { length } = items;
  const [low, high] = by > 0 ? [0, length] : [-1, length - 1];
  const bound = (value: Value, missing: number) => {
    if (value === null) return missing;
    const at = integer(value);
    return Math.min(Math.max(at < 0 ? at + length : at, low), high);
  };
  const end = bound(stop, by > 0 ? high : low);
  const chosen: T[] = [];
  for (let i = bound(start, by > 0 ? low : high); by > 0 ? i < end : i > end; i += by)
    chosen.push(items[i] as T);
  return chosen;
}
