import { isLess } from "./comparison.ts";
import type { Value } from "./values.ts";

/** `sorted(values, key=...)`; stable, also when reversed. @throws PythonError where two cannot be compared */
export function sorted(
  values: Iterable<Value>,
  key: (value: Value) => Value,
  isReversed = false,
): Value[] {
  const sign = isReversed ? -1 : 1;
  // Python asks for nothing but <, so that even two undefined values raise.
  return [...values]
    .map((value) => ({ value, key: key(value) }))
    .sort((a, b) => (isLess(a.key, b.key) ? -sign : isLess(b.key, a.key) ? sign : 0))
    .map(({ value }) => value);
}
