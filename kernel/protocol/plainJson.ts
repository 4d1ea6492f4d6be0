import { types } from "node:util";
import { KernelError } from "../errors.ts";

/** More levels than this are beyond what some readers of JSON take, Python's among them. */
const MOST_LEVELS = 900;
/** A list that is longer is looked at for holes: JSON would write each of them down. */
const LONG_LIST = 100_000;

/**
 * A copy of a value that holds nothing but what JSON can say. What `JSON.stringify` does holds here too: `toJSON` is asked,
 * undefined is left out of objects and null in lists, numbers that are not finite are null. What it would drop in silence, or
 * throw at without a place, is refused; typed arrays become lists.
 * @param name what messages call the value
 * @throws KernelError ERR_NOT_JSON naming the place of what JSON has no word for; and whatever a getter or a proxy throws
 */
export function plainJson(value: unknown, name: string): unknown {
  const path: (string | number)[] = [];
  const above: object[] = [];

  const refuse = (got: string, fix: string): never => {
    throw notJson(placeIn(name, path), got, fix);
  };

  const inside = (key: string | number, item: unknown): unknown => {
    path.push(key);
    const copy = visit(item);
    path.pop();
    return copy;
  };

  const visit = (given: unknown): unknown => {
    const item = asJson(given, path.at(-1) ?? "");
    if (typeof item === "bigint")
      return refuse(`the BigInt ${item}n`, "Write Number(value), or String(value) for all digits.");
    if (typeof item === "number") return Number.isFinite(item) ? item + 0 : null; // -0 is 0 too
    if (typeof item === "function") return refuse("a function", "Give what it returns.");
    if (typeof item === "symbol") return refuse("a symbol", "Give its description.");
    if (typeof item !== "object" || item === null) return item;
    const odd = withoutJson(item);
    if (odd !== null) return refuse(...odd);
    const level = above.indexOf(item);
    if (level >= 0)
      refuse(
        `what holds itself: it is ${placeIn(name, path.slice(0, level))} again`,
        "Leave out the way back.",
      );
    if (above.length === MOST_LEVELS)
      refuse(`more than ${MOST_LEVELS} levels`, "Make it less deep.");
    above.push(item);
    const copy = Array.isArray(item) ? list(item) : object(item as Record<string, unknown>);
    above.pop();
    return copy;
  };

  const list = (items: readonly unknown[]): unknown[] => {
    checkFilled(items, () => placeIn(name, path));
    return Array.from(items, (item, index) => inside(index, item) ?? null);
  };

  const object = (entries: Readonly<Record<string, unknown>>): Record<string, unknown> => {
    const copy: Record<string, unknown> = {};
    for (const key of Object.keys(entries)) {
      const item = inside(key, entries[key]);
      if (item === undefined) continue;
      if (key !== "__proto__") copy[key] = item;
      else Object.defineProperty(copy, key, { value: item, enumerable: true });
    }
    return copy;
  };

  return visit(value);
}

/**
 * Refuses a long list that is mostly holes.
 * @throws KernelError ERR_NOT_JSON
 */
export function checkFilled(items: readonly unknown[], place: () => string): void {
  const { length } = items;
  if (length <= LONG_LIST) return;
  const filled = Object.keys(items).length;
  if (filled >= length / 2) return;
  const got = `a list of ${length} places of which ${filled} are filled`;
  throw notJson(place(), got, "Write an object by index.");
}

/** Says that something at a place is not JSON. */
export function notJson(place: string, got: string, fix: string, expected = "JSON"): KernelError {
  return new KernelError("ERR_NOT_JSON", `${place}: expected ${expected}, got ${got}. ${fix}`);
}

/** A place in a value as JavaScript would name it: `data.rows[3]["a b"]`. */
export function placeIn(name: string, path: readonly (string | number)[]): string {
  const steps = path.map((key) =>
    typeof key === "string" && /^[A-Za-z_$][\w$]*$/.test(key)
      ? `.${key}`
      : `[${JSON.stringify(key)}]`,
  );
  return `${name}${steps.join("")}`;
}

/** What stands for a value in JSON: what its `toJSON` says, the primitive in an object, the elements of a typed array. */
function asJson(value: unknown, key: string | number): unknown {
  let item = value;
  if ((typeof item === "object" && item !== null) || typeof item === "bigint") {
    const { toJSON } = item as { toJSON?: unknown };
    if (typeof toJSON === "function") item = toJSON.call(item, String(key));
  }
  if (types.isBoxedPrimitive(item)) return item.valueOf();
  if (types.isTypedArray(item)) return Array.from(item as ArrayLike<unknown>);
  return item;
}

/** Objects that JSON would write as if they were empty, and what to do about it; null for all others. */
function withoutJson(item: object): [got: string, fix: string] | null {
  if (types.isPromise(item)) return ["a Promise", "Await it."];
  if (types.isMap(item)) return ["a Map", "Write Object.fromEntries(map)."];
  if (types.isSet(item)) return ["a Set", "Write [...set]."];
  if (types.isAnyArrayBuffer(item)) return ["a buffer of bytes", "Wrap it in a Uint8Array."];
  if (types.isDataView(item)) return ["a DataView", "Wrap its buffer in a Uint8Array."];
  return null;
}
