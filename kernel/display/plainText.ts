import { inspect, types } from "node:util";

/** Levels below the value itself that are shown. */
const DEPTH = 4;
/** Keys that are shown of an object with more; as many elements are of a list. */
const SHOWN_KEYS = 100;
/** Most text, in UTF-16 units: some thousand lines. */
const LONGEST = 1 << 17;
/** Stands where keys are left out, until the text is there. */
const MARK = "vitrineKeysLeftOut";

/** A value as text, as `console.log` shows it but for what no person reads: the keys of large objects, and text without end. */
export function plainText(value: unknown): string {
  const options = { depth: DEPTH };
  const text = hasLongObject(value, DEPTH, new Set())
    ? inspect(withFewerKeys(value, DEPTH, new Map()), options).replaceAll(
        new RegExp(`${MARK}: (\\d+)`, "g"),
        (_, count: string) => `... ${count} more keys`,
      )
    : inspect(value, options);
  if (text.length <= LONGEST) return text;
  return `${text.slice(0, LONGEST)}\n... ${text.length - LONGEST} more characters`;
}

function hasLongObject(value: unknown, depth: number, seen: Set<object>): boolean {
  if (!isOrdinary(value) || seen.has(value)) return false;
  seen.add(value);
  const names = shownNames(value);
  if (names.length > SHOWN_KEYS) return true;
  return depth > 0 && names.some((name) => hasLongObject(ownValue(value, name), depth - 1, seen));
}

/** A copy down to `depth` in which each object has its first keys and `MARK` with how many are left out. */
function withFewerKeys(value: unknown, depth: number, copies: Map<object, object>): unknown {
  if (!isOrdinary(value) || depth < 0) return value;
  const known = copies.get(value);
  if (known !== undefined) return known;
  const copy: object = Array.isArray(value)
    ? Object.assign([], { length: value.length })
    : Object.create(Object.getPrototypeOf(value));
  copies.set(value, copy);
  const names = shownNames(value);
  for (const name of names.slice(0, SHOWN_KEYS)) {
    const property = Object.getOwnPropertyDescriptor(value, name);
    if (property === undefined) continue;
    if ("value" in property) property.value = withFewerKeys(property.value, depth - 1, copies);
    Object.defineProperty(copy, name, property);
  }
  const left = names.length - SHOWN_KEYS;
  if (left > 0) Object.defineProperty(copy, MARK, { value: left, enumerable: true });
  return copy;
}

/** The keys of an object, and the places of a list that are shown. */
function shownNames(value: object): string[] {
  if (!Array.isArray(value)) return Object.keys(value);
  return Object.keys(value.slice(0, SHOWN_KEYS));
}

/** None of what a getter would give. */
function ownValue(value: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

/** A list, or an object that is no more than its keys: a copy of others would not be what they are. */
function isOrdinary(value: unknown): value is object {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return false;
  if (Array.isArray(value)) return Object.getPrototypeOf(value) === Array.prototype;
  if (inspect.custom in value) return false;
  return Object.prototype.toString.call(value) === "[object Object]";
}
