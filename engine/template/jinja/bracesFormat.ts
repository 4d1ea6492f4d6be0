import { formatValue } from "./formatSpec.ts";
import { repr, str } from "./repr.ts";
import { PythonError, UnsupportedByUs } from "./templateErrors.ts";
import type { Arguments, Value } from "./values.ts";

const PART = /\{\{|\}\}|\{([^{}!:]*)(?:!([^:}]*))?(?::([^{}]*))?\}|[{}]/g;

/** How `.name` and `[key]` behind a field are looked up. */
interface Lookup {
  attributeOf(object: Value, name: string): Value;
  itemOf(object: Value, index: Value): Value;
}

/** `text.format(...)` @throws PythonError where Python raises; UnsupportedByUs for a field within a field */
export function bracesFormat(text: string, args: Arguments, lookup: Lookup): string {
  let nAutomatic = 0;
  let isNumbered = false;
  return text.replace(PART, (part, field?: string, conversion?: string, spec = "") => {
    if (part === "{{" || part === "}}") return part.charAt(0);
    if (field === undefined) {
      if (/\{[^{}]*\{/.test(text)) throw new UnsupportedByUs("a field within a field of format()");
      throw new PythonError(`Single '${part}' encountered in format string`);
    }
    const [, first = "", rest = ""] = /^([^.[]*)([\s\S]*)$/.exec(field) ?? [];
    if (/^\d*$/.test(first)) {
      if (first !== "") isNumbered = true;
      else if (isNumbered)
        throw new PythonError(
          "cannot switch from manual field specification to automatic field numbering",
        );
      if (first !== "" && nAutomatic > 0)
        throw new PythonError(
          "cannot switch from automatic field numbering to manual field specification",
        );
    }
    const isPosition = /^\d*$/.test(first);
    const value = isPosition
      ? args.positional[first === "" ? nAutomatic++ : Number(first)]
      : args.named.get(first);
    if (value === undefined)
      throw new PythonError(
        isPosition ? "Replacement index out of range" : `KeyError: ${repr(first)}`,
      );
    return formatValue(converted(walk(value, rest, lookup), conversion), spec);
  });
}

/** `.name` and `[key]` behind a field. */
function walk(start: Value, path: string, lookup: Lookup): Value {
  let value = start;
  let length = 0;
  for (const [step, name, key = ""] of path.matchAll(/\.([^.[]+)|\[([^\]]+)\]/gy)) {
    length += step.length;
    value =
      name === undefined
        ? lookup.itemOf(value, /^\d+$/.test(key) ? BigInt(key) : key)
        : lookup.attributeOf(value, name);
  }
  if (length !== path.length) throw new PythonError("malformed field of format()");
  return value;
}

function converted(value: Value, conversion: string | undefined): Value {
  if (conversion === undefined) return value;
  if (conversion === "r") return repr(value);
  if (conversion === "s") return str(value);
  throw new UnsupportedByUs(`the conversion !${conversion} of format()`);
}
