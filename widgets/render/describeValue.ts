/** What somebody passed, for a message that expected something else. */
export function describeValue(value: unknown): string {
  if (value === null || typeof value !== "object") return String(value);
  if (value instanceof Promise) return "a promise";
  const names = Object.keys(value).slice(0, 4);
  return names.length === 0 ? "an empty object" : `an object with ${names.join(", ")}`;
}
