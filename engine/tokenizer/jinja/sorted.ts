import { equals, isLess } from "./comparison.ts";
import type { Value } from "./values.ts";

/** `sorted(values, key=...)`; stable, also when reversed. @throws PythonError where two cannot be compared */
export function sorted(
  values: Iterable<Value>,
  key: (value: Value) => Value,
  isReversed = false,
): Value[] {
  const sign = isReversed ? -1 : 1;
  return [...values]
    .map((value) => ({ value, key: key(value) }))
    .sort((a, b) => (equals(a.key, b.key) ? 0 : isLess(a.key, b.key) ? -sign : sign))
    .map(({ value }) => value);
}
