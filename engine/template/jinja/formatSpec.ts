import { fixed, general, scientific, writeFloat } from "./numbers.ts";
import { str } from "./repr.ts";
import { PythonError, UnsupportedByUs } from "./templateErrors.ts";
import { textOf, typeName, type Value } from "./values.ts";

const SPEC = /^(?:(.)?([<>=^]))?([-+ ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/su;

/** `format(value, spec)` @throws PythonError where Python raises; UnsupportedByUs */
export function formatValue(value: Value, spec: string): string {
  if (spec === "") return str(value);
  const match = SPEC.exec(spec);
  if (!match) throw new PythonError(`Invalid format specifier '${spec}'`);
  const [, fill, align, sign = "-", alternate, zero, width, grouping, precision, type] = match;
  const written = textOf(value);
  const digits = precision === undefined ? null : Number(precision);
  if (written !== null) {
    if ((type ?? "s") !== "s" || sign !== "-" || alternate || grouping || align === "=")
      throw new PythonError(`Invalid format specifier '${spec}' for object of type 'str'`);
    const cut = digits === null ? written : [...written].slice(0, digits).join("");
    return pad(cut, fill ?? (zero ? "0" : " "), align ?? "<", Number(width ?? 0));
  }
  if (typeof value !== "bigint" && typeof value !== "number" && typeof value !== "boolean")
    throw new PythonError(`unsupported format string passed to ${typeName(value)}.__format__`);
  if (alternate) throw new UnsupportedByUs(`the format ${spec}`);
  const [head, body] = formatNumber(value, type, digits, spec);
  const isNegative = head === "-";
  const shown = isNegative ? "-" : sign === "-" ? "" : sign;
  const padding = zero && !align ? "=" : (align ?? ">");
  const filler = fill ?? (zero && !align ? "0" : " ");
  const grouped = grouping ? group(body, grouping) : body;
  if (padding !== "=") return pad(shown + grouped, filler, padding, Number(width ?? 0));
  if (grouping && filler === "0") throw new UnsupportedByUs(`the format ${spec}`);
  return shown + pad(grouped, filler, ">", Number(width ?? 0) - shown.length);
}

/** Sign and digits. */
function formatNumber(
  value: bigint | number | boolean,
  type: string | undefined,
  digits: number | null,
  spec: string,
): readonly [string, string] {
  const whole = typeof value === "number" ? null : BigInt(value);
  if (whole !== null && "bdnoxX".includes(type ?? "d")) {
    if (digits !== null) throw new PythonError("Precision not allowed in integer format specifier");
    const base = { b: 2, o: 8, x: 16, X: 16 }[type ?? "d"] ?? 10;
    const text = (whole < 0n ? -whole : whole).toString(base);
    return [whole < 0n ? "-" : "", type === "X" ? text.toUpperCase() : text];
  }
  if (whole !== null && type === "c") return ["", String.fromCodePoint(Number(whole))];
  const number = Number(value);
  const size = Math.abs(number);
  const text = formatFloat(size, type, digits);
  if (text === null)
    throw new PythonError(
      `Unknown format code in '${spec}' for object of type '${typeName(value)}'`,
    );
  return [number < 0 || Object.is(number, -0) ? "-" : "", text];
}

/** Of at least 0; null for a type that floats do not have. */
function formatFloat(size: number, type: string | undefined, digits: number | null): string | null {
  if (!Number.isFinite(size))
    return type && "EFG".includes(type) ? writeFloat(size).toUpperCase() : writeFloat(size);
  const precision = digits ?? 6;
  switch (type) {
    case "f":
    case "F":
      return fixed(size, precision);
    case "e":
      return scientific(size, precision);
    case "E":
      return scientific(size, precision).toUpperCase();
    case "g":
      return general(size, precision);
    case "G":
      return general(size, precision).toUpperCase();
    case "%":
      return `${fixed(size * 100, precision)}%`;
    case undefined: {
      if (digits === null) return writeFloat(size);
      throw new UnsupportedByUs("a format with a precision and without a type, for a number");
    }
    default:
      return null;
  }
}

function group(body: string, mark: string): string {
  const [, whole = "", rest = ""] = /^(\d+)(.*)$/s.exec(body) ?? [];
  return whole.replace(/\B(?=(?:\d{3})+$)/g, mark) + rest;
}

/** Counted in code points. */
export function pad(text: string, fill: string, align: string, width: number): string {
  const missing = Math.max(0, width - [...text].length);
  // Of an odd rest, the larger half stands behind the text.
  const before = align === ">" ? missing : align === "^" ? Math.floor(missing / 2) : 0;
  return fill.repeat(before) + text + fill.repeat(missing - before);
}
