import { Dict, Tuple } from "./containers.ts";
import { formatValue, pad } from "./formatSpec.ts";
import { repr, str } from "./repr.ts";
import { PythonError, UnsupportedByUs } from "./templateErrors.ts";
import { isUndefined, textOf, typeName, type Value } from "./values.ts";

const PLACE = /%(?:\(([^)]*)\))?([-+ #0]*)(\*|\d+)?(?:\.(\*|\d+))?([hlL])?([\s\S]?)/g;

/** `text % values` @throws PythonError where Python raises; UnsupportedByUs */
export function percentFormat(text: string, values: Value): string {
  const args = values instanceof Tuple ? values.items : [values];
  let nUsed = 0;
  const next = (): Value => {
    const value = args[nUsed++];
    if (value === undefined) throw new PythonError("not enough arguments for format string");
    return value;
  };
  const formatted = text.replace(PLACE, (place, key?: string, ...parts: (string | undefined)[]) => {
    const [flags = "", width, precision, , type = ""] = parts;
    if (type === "%") return "%";
    if (width === "*" || precision === "*") throw new UnsupportedByUs(`the format ${place}`);
    const value = key === undefined ? next() : keyed(values, key);
    return convert(value, type, flags, Number(width ?? 0), precision);
  });
  const takesAny = values instanceof Dict || Array.isArray(values) || isUndefined(values);
  if (nUsed < args.length && !takesAny)
    throw new PythonError("not all arguments converted during string formatting");
  return formatted;
}

function keyed(values: Value, key: string): Value {
  if (!(values instanceof Dict)) throw new PythonError("format requires a mapping");
  const value = values.get(key);
  if (value === undefined) throw new PythonError(`KeyError: ${repr(key)}`);
  return value;
}

function convert(
  value: Value,
  type: string,
  flags: string,
  width: number,
  precision?: string,
): string {
  const isLeft = flags.includes("-");
  if (type === "s" || type === "r" || type === "c") {
    const whole = type === "s" ? str(value) : type === "r" ? repr(value) : character(value);
    const text = precision === undefined ? whole : [...whole].slice(0, Number(precision)).join("");
    return pad(text, " ", isLeft ? "<" : ">", width);
  }
  if (!/^[diufFeEgGxXo]$/.test(type))
    throw new PythonError(`unsupported format character '${type}'`);
  if (isUndefined(value)) value.fail();
  if (flags.includes("#")) throw new UnsupportedByUs("the flag # of a % format");
  const isFloat = /[fFeEgG]/.test(type);
  if (!isFloat && precision !== undefined)
    throw new UnsupportedByUs("a precision for a whole number in a % format");
  const number = isFloat ? float(value, type) : whole(value, type);
  const sign = flags.includes("+") ? "+" : flags.includes(" ") ? " " : "";
  const zero = flags.includes("0") && !isLeft ? "0" : "";
  const digits = isFloat ? `.${precision ?? 6}` : "";
  const kind = "iu".includes(type) ? "d" : type;
  return formatValue(
    number,
    `${isLeft ? "<" : zero ? "" : ">"}${sign}${zero}${width || ""}${digits}${kind}`,
  );
}

function float(value: Value, type: string): number {
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean")
    return Number(value);
  throw new PythonError(`%${type} format: a real number is required, not ${typeName(value)}`);
}

function whole(value: Value, type: string): bigint {
  if (typeof value === "bigint" || typeof value === "boolean") return BigInt(value);
  if (typeof value === "number" && "diu".includes(type) && Number.isFinite(value))
    return BigInt(Math.trunc(value));
  throw new PythonError(`%${type} format: a number is required, not ${typeName(value)}`);
}

function character(value: Value): string {
  if (typeof value === "bigint") return String.fromCodePoint(Number(value));
  const text = textOf(value);
  if (text === null || [...text].length !== 1) throw new PythonError("%c requires int or char");
  return text;
}
