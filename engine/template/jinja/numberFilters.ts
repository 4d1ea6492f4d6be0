import { integer } from "./arguments.ts";
import { fixed, roundInteger } from "./numbers.ts";
import { PythonError, UnsupportedByUs } from "./templateErrors.ts";
import { strip } from "./textClasses.ts";
import { isUndefined, textOf, typeName, type Value } from "./values.ts";

const FLOAT = /^[-+]?(?:(?:\d+(?:_\d+)*)?\.?(?:\d+(?:_\d+)*)?(?:e[-+]?\d+)?|inf(?:inity)?|nan)$/i;

/** `int(value)`, by way of a float where that fails; the default where both do. */
export function intFilter(value: Value, byDefault: Value = 0n, base: Value = 10n): Value {
  if (isUndefined(value)) value.fail();
  if (typeof value === "bigint" || typeof value === "boolean") return BigInt(value);
  const written = textOf(value);
  if (written !== null) {
    if (base !== 10n) throw new UnsupportedByUs("the filter int with a base");
    const digits = strip(written, "both", null);
    if (/^[-+]?\d+(?:_\d+)*$/.test(digits)) return BigInt(digits.replace(/[_+]/g, ""));
  }
  const number = toFloat(value);
  if (number === null || !Number.isFinite(number)) return byDefault;
  return BigInt(Math.trunc(number));
}

export function floatFilter(value: Value, byDefault: Value = 0): Value {
  if (isUndefined(value)) value.fail();
  return toFloat(value) ?? byDefault;
}

function toFloat(value: Value): number | null {
  if (typeof value === "bigint" || typeof value === "number" || typeof value === "boolean")
    return Number(value);
  const written = textOf(value);
  if (written === null) return null;
  const digits = strip(written, "both", null).toLowerCase();
  if (!FLOAT.test(digits) || !/\d|inf|nan/.test(digits)) return null;
  const [, sign = "", body = ""] = /^([-+]?)(.*)$/.exec(digits) ?? [];
  const size = body.startsWith("inf") ? Number.POSITIVE_INFINITY : Number(body.replaceAll("_", ""));
  return sign === "-" ? -size : size;
}

function roundedToWhole(value: bigint | number | boolean): bigint {
  if (typeof value !== "number") return BigInt(value);
  if (!Number.isFinite(value))
    throw new PythonError("cannot convert float infinity or NaN to integer");
  return BigInt(fixed(value, 0));
}

export function roundFilter(value: Value, precision: Value = 0n, method: Value = "common"): Value {
  if (method !== "common" && method !== "ceil" && method !== "floor")
    throw new PythonError("method must be common, ceil or floor");
  if (isUndefined(value)) value.fail();
  if (typeof value !== "bigint" && typeof value !== "number" && typeof value !== "boolean")
    throw new PythonError(`type ${typeName(value)} doesn't define __round__ method`);
  if (method === "common" && precision === null) return roundedToWhole(value);
  const digits = integer(precision);
  if (method === "common")
    return typeof value === "number"
      ? Number.isFinite(value)
        ? Number(fixed(value, digits))
        : value
      : roundInteger(BigInt(value), digits);
  const scale = 10 ** digits;
  return Math[method](Number(value) * scale) / scale;
}
