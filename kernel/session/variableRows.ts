import { types } from "node:util";
import { asNumericArray } from "../display/numericArray.ts";

/** One name of the notebook, as a list of variables shows it. */
interface VariableRow {
  readonly name: string;
  /** Of an object its class; of numbers with a shape the type of number too. */
  readonly type: string;
  /** Elements, entries, characters, shape and bytes: whatever the value has; empty where it has none. */
  readonly size: string;
  /** One short line. */
  readonly value: string;
}

/** Most characters of a value, elements of a list, and characters of a text in it. */
const MOST = { characters: 120, elements: 8, text: 60 };

/**
 * The notebook's names in alphabetical order. Values are read as they lie there: no getter, no proxy and no method of a
 * value is asked, so that looking runs no code of the notebook.
 */
export function variableRows(globals: Readonly<Record<string, unknown>>): VariableRow[] {
  return Object.entries(globals)
    .map(([name, value]) => ({ name, ...summary(value) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function summary(value: unknown): Omit<VariableRow, "name"> {
  const isShaped = isReadable(value) && !ArrayBuffer.isView(value);
  const numbers = isShaped ? asNumericArray(plainFields(value)) : null;
  if (numbers === null)
    return { type: typeOf(value), size: sizeOf(value), value: cut(preview(value, 1)) };
  const { data, shape, dtype } = numbers;
  return {
    type: `${typeOf(value)} ${dtype}`,
    size: `(${shape.join(", ")}) · ${byteText(data.byteLength)}`,
    value: cut(preview(data, 1)),
  };
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value === "function") return isClass(value) ? "class" : "function";
  if (typeof value !== "object") return typeof value;
  return types.isProxy(value) ? "Proxy" : className(value);
}

function sizeOf(value: unknown): string {
  if (typeof value === "string") return counted(value.length, "character");
  if (!isReadable(value) || typeof value === "function") return "";
  if (types.isMap(value)) return counted(intrinsic<number>(Map.prototype, "size", value), "entry");
  if (types.isSet(value)) return counted(intrinsic<number>(Set.prototype, "size", value), "entry");
  if (ArrayBuffer.isView(value) && !types.isDataView(value)) {
    return `(${typedLength(value)}) · ${byteText(typedBytes(value))}`;
  }
  if (types.isArrayBuffer(value)) {
    return byteText(intrinsic<number>(ArrayBuffer.prototype, "byteLength", value));
  }
  if (Array.isArray(value)) return counted(value.length, "element");
  const isPlain = className(value) === "Object";
  return isPlain ? counted(Object.keys(value).length, "key") : "";
}

/** One line of a value; objects inside of objects are told by their class alone. */
function preview(value: unknown, depth: number): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > MOST.text ? `${value.slice(0, MOST.text)}…` : value);
  }
  if (typeof value === "bigint") return `${value}n`;
  if (Object.is(value, -0)) return "-0";
  if (typeof value === "function") return functionLine(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (types.isProxy(value)) return "Proxy";
  if (types.isDate(value)) return dateText(value);
  if (types.isRegExp(value)) return `/${intrinsic<string>(RegExp.prototype, "source", value)}/`;
  if (types.isNativeError(value)) return `${className(value)}: ${String(own(value, "message"))}`;
  const list = elementsOf(value);
  if (depth === 0) return list === null ? `${className(value)} {…}` : "[…]";
  if (list !== null)
    return `[${list.map((part) => preview(part, depth - 1)).join(", ")}${rest(value)}]`;
  if (types.isMap(value) || types.isSet(value)) return `${className(value)} {${entryTexts(value)}}`;
  const keys = Object.keys(value);
  const parts = keys.slice(0, MOST.elements).map((key) => {
    const field = Object.getOwnPropertyDescriptor(value, key);
    return `${key}: ${field && "value" in field ? preview(field.value, depth - 1) : "(getter)"}`;
  });
  if (keys.length > MOST.elements) parts.push("…");
  const name = className(value);
  const inside = parts.length > 0 ? `{ ${parts.join(", ")} }` : "{}";
  return name === "Object" ? inside : `${name} ${inside}`;
}

/** The first elements of an array or a typed array. */
function elementsOf(value: object): unknown[] | null {
  if (Array.isArray(value)) {
    return Array.from({ length: Math.min(value.length, MOST.elements) }, (_, i) => own(value, i));
  }
  if (!ArrayBuffer.isView(value) || types.isDataView(value)) return null;
  const length = Math.min(typedLength(value), MOST.elements);
  return Array.from({ length }, (_, i) => (value as unknown as ArrayLike<unknown>)[i]);
}

function rest(value: object): string {
  const length = Array.isArray(value) ? value.length : typedLength(value as ArrayBufferView);
  return length > MOST.elements ? ", …" : "";
}

function entryTexts(value: Map<unknown, unknown> | Set<unknown>): string {
  const texts: string[] = [];
  const isFull = (): boolean => texts.length >= MOST.elements;
  if (types.isMap(value)) {
    Map.prototype.forEach.call(value, (entry, key) => {
      if (!isFull()) texts.push(`${preview(key, 0)} => ${preview(entry, 0)}`);
    });
  } else {
    Set.prototype.forEach.call(value, (entry) => {
      if (!isFull()) texts.push(preview(entry, 0));
    });
  }
  return texts.join(", ") + (isFull() ? ", …" : "");
}

/** The name of the class that a value's prototypes belong to, read past getters. */
function className(value: object): string {
  let prototype: object | null = Object.getPrototypeOf(value);
  while (prototype !== null && !types.isProxy(prototype)) {
    const maker = own(prototype, "constructor");
    if (typeof maker === "function" && !types.isProxy(maker)) {
      const name = own(maker, "name");
      if (typeof name === "string" && name !== "") return name;
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return "Object";
}

/** A field that lies in the object itself; undefined where it is computed. */
function own(value: object, key: PropertyKey): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

/** The fields by which numbers with a shape are known, without those that are computed. */
function plainFields(value: object): unknown {
  const fields = (["data", "shape", "dims", "dtype"] as const).map((key) => [key, own(value, key)]);
  const { shape, dims, ...others } = Object.fromEntries(fields) as Record<string, unknown>;
  const isList = (list: unknown): boolean => Array.isArray(list) && !types.isProxy(list);
  return { ...others, shape: isList(shape) ? shape : null, dims: isList(dims) ? dims : null };
}

/** Whether something can be looked at without running code of the notebook: all but a proxy. */
function isReadable(value: unknown): value is object {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  return isObject && !types.isProxy(value);
}

/** What a built-in getter says of a value, whatever the value's own class has put in its place. */
function intrinsic<Result>(prototype: object, key: PropertyKey, value: object): Result {
  return Object.getOwnPropertyDescriptor(prototype, key)?.get?.call(value) as Result;
}

const TYPED_ARRAY = Object.getPrototypeOf(Uint8Array.prototype) as object;
const typedLength = (value: ArrayBufferView): number => intrinsic(TYPED_ARRAY, "length", value);
const typedBytes = (value: ArrayBufferView): number => intrinsic(TYPED_ARRAY, "byteLength", value);

/** The first line of a function; of a class what is before its body. */
function functionLine(value: object): string {
  if (types.isProxy(value)) return "Proxy";
  const [line = ""] = Function.prototype.toString.call(value).split("\n", 1);
  return /^class\b/.test(line) ? (/^[^{]*[^{\s]/.exec(line)?.[0] ?? line) : line;
}

const isClass = (value: object): boolean => /^class\b/.test(functionLine(value));

function dateText(value: Date): string {
  const time = Date.prototype.getTime.call(value);
  return Number.isNaN(time) ? "Invalid Date" : Date.prototype.toISOString.call(value);
}

function counted(count: number, what: string): string {
  const plural = /[^aeiou]y$/.test(what) ? `${what.slice(0, -1)}ies` : `${what}s`;
  return `${count.toLocaleString("en")} ${count === 1 ? what : plural}`;
}

function byteText(bytes: number): string {
  const units = ["B", "kB", "MB", "GB"];
  let [size, unit] = [bytes, 0];
  for (; size >= 1000 && unit < units.length - 1; unit++) size /= 1000;
  return `${unit === 0 ? size : size.toPrecision(3)} ${units[unit]}`;
}

function cut(text: string): string {
  return text.length <= MOST.characters ? text : `${text.slice(0, MOST.characters)}…`;
}
