/**
 * Whether a value is a list of which every place passes. One that is empty does not: of a list with billions of holes `every`
 * would look at each.
 */
export function isListOf<Item>(
  value: unknown,
  check: (item: unknown) => item is Item,
): value is readonly Item[] {
  if (!Array.isArray(value)) return false;
  for (const item of value) if (!check(item)) return false;
  return true;
}
