import { bind, integer } from "./arguments.ts";
import { bracesFormat } from "./bracesFormat.ts";
import { equals } from "./comparison.ts";
import { Dict, DictView, indexOf, Tuple } from "./containers.ts";
import { repr } from "./repr.ts";
import { sliceOf } from "./slices.ts";
import { PythonError, UnsupportedByUs } from "./templateErrors.ts";
import { OTHER_TEXT_METHODS, textMethods } from "./textMethods.ts";
import {
  type Arguments,
  codePoints,
  firstOf,
  Markup,
  PythonFunction,
  PythonObject,
  textOf,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

/** Attributes that Python's types have, those that change a value apart; the sandbox hides the latter. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  dict: ["fromkeys"],
  int: "as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag numerator real to_bytes".split(
    " ",
  ),
  float: "as_integer_ratio conjugate fromhex hex imag real".split(" "),
  range: ["start", "stop", "step", "count", "index"],
  generator: ["close", "send", "throw"],
  dict_keys: ["isdisjoint", "mapping"],
  dict_items: ["isdisjoint", "mapping"],
  dict_values: ["mapping"],
};
const HIDDEN: Readonly<Record<string, readonly string[]>> = {
  dict: ["clear", "pop", "popitem", "setdefault", "update"],
  list: ["append", "clear", "pop", "reverse", "insert", "sort", "extend", "remove"],
};

/** `object.name`: an attribute goes before an item. */
export function attributeOf(object: Value, name: string): Value {
  refuseMarkup(object);
  return firstOf(
    ownAttribute(object, name),
    () => ownItem(object, name),
    () => textAttribute(object, name),
    () => missing(object, name),
  );
}

/** `object[index]`: an item goes before an attribute. */
export function itemOf(object: Value, index: Value): Value {
  refuseMarkup(object);
  const item = ownItem(object, index);
  if (item !== undefined) return item;
  const name = textOf(index);
  if (name === null) return missing(object, index);
  return firstOf(
    ownAttribute(object, name),
    () => textAttribute(object, name),
    () => missing(object, name),
  );
}

/**
 * `object[start:stop:step]`; null for a bound that is left out.
 * @throws PythonError where there are no slices of such an object
 */
export function slicedItem(object: Value, start: Value, stop: Value, step: Value): Value {
  refuseMarkup(object);
  if (object instanceof Undefined) return object.fail();
  const part = sliceOf(object, start, stop, step);
  if (part === undefined) throw new PythonError(`'${typeName(object)}' object has no slices`);
  return part;
}

/** What comes of it would be marked as safe too. */
function refuseMarkup(object: Value): void {
  if (object instanceof Markup)
    throw new UnsupportedByUs("methods and parts of text that is marked as safe");
}

function missing(object: Value, name: Value): Undefined {
  const of = object === null ? "'None'" : `'${typeName(object)} object'`;
  return new Undefined(
    typeof name === "string"
      ? `${of} has no attribute ${repr(name)}`
      : `${of} has no element ${typeof name === "bigint" ? name : typeName(name)}`,
  );
}

function ownItem(object: Value, index: Value): Value | undefined {
  if (Array.isArray(object)) {
    const at = indexOf(index, object.length);
    return at === null ? undefined : object[at];
  }
  if (object instanceof PythonObject && object.hasItems) return object.item(index);
  const text = textOf(object);
  if (text === null) return undefined;
  const points = codePoints(text);
  const at = indexOf(index, points.length);
  return at === null ? undefined : points[at];
}

function ownAttribute(object: Value, name: string): Value | undefined {
  const type = typeName(object);
  if (object instanceof Undefined) return object.attribute();
  if (name.startsWith("_") || HIDDEN[type]?.includes(name))
    return hasHidden(object, name)
      ? new Undefined(`access to attribute ${repr(name)} of '${type}' object is unsafe.`)
      : undefined;
  const method =
    object instanceof Dict
      ? dictMethods[name]
      : Array.isArray(object) || object instanceof Tuple
        ? listMethods[name]
        : undefined;
  if (method) return new PythonFunction(name, (args) => method(object as never, args));
  if (typeof object === "string") return textAttribute(object, name);
  if (typeof object === "number" && name === "is_integer")
    return new PythonFunction(name, () => Number.isInteger(object));
  if (KNOWN[type === "bool" ? "int" : type]?.includes(name))
    throw new UnsupportedByUs(`the attribute ${name} of a ${type}`);
  return object instanceof PythonObject ? object.attribute(name) : undefined;
}

/** Every object has names in double underscores, and only some objects methods that change them. */
function hasHidden(object: Value, name: string): boolean {
  return (
    !name.startsWith("_") ||
    (name.startsWith("__") && !(object instanceof Dict && object.has(name)))
  );
}

/** A method of str, of a text or of what stands for one. */
function textAttribute(object: Value, name: string): Value | undefined {
  const text = textOf(object);
  if (text === null) return undefined;
  const method = textMethods.get(name);
  if (method) return new PythonFunction(name, (args) => method(text, args));
  if (name === "format")
    return new PythonFunction(name, (args) => bracesFormat(text, args, { attributeOf, itemOf }));
  if (OTHER_TEXT_METHODS.has(name)) throw new UnsupportedByUs(`the method ${name} of a string`);
  return undefined;
}

const none = (name: string, args: Arguments) => bind(name, args, []);

const dictMethods: Readonly<Record<string, ((dict: Dict, args: Arguments) => Value) | undefined>> =
  Object.assign(Object.create(null), {
    items: (dict: Dict, args: Arguments) => {
      none("items", args);
      return new DictView("items", () => dict.entries.map((entry) => new Tuple(entry)));
    },
    keys: (dict: Dict, args: Arguments) => {
      none("keys", args);
      return new DictView("keys", () => dict.keys);
    },
    values: (dict: Dict, args: Arguments) => {
      none("values", args);
      return new DictView("values", () => dict.values);
    },
    get: (dict: Dict, args: Arguments) => {
      if (args.named.size > 0) throw new PythonError("dict.get() takes no keyword arguments");
      const [key, byDefault] = bind("get", args, ["key", ["default", null]]);
      return firstOf(dict.get(key as Value), () => byDefault);
    },
    copy: (dict: Dict, args: Arguments) => {
      none("copy", args);
      return new Dict(dict.entries);
    },
  });

const listMethods: Readonly<
  Record<string, ((list: Value[] | Tuple, args: Arguments) => Value) | undefined>
> = Object.assign(Object.create(null), {
  count: (list: Value[] | Tuple, args: Arguments) => {
    const [value] = bind("count", args, ["value"]);
    return BigInt(itemsOf(list).filter((item) => equals(item, value as Value)).length);
  },
  index: (list: Value[] | Tuple, args: Arguments) => {
    const [value, start] = bind("index", args, ["value", ["start", 0n]]);
    const from = integer(start as Value);
    const items = itemsOf(list);
    const at = items.findIndex(
      (item, i) => i >= (from < 0 ? from + items.length : from) && equals(item, value as Value),
    );
    if (at < 0) throw new PythonError(`${repr(value as Value)} is not in list`);
    return BigInt(at);
  },
  copy: (list: Value[] | Tuple, args: Arguments) => {
    none("copy", args);
    if (list instanceof Tuple) throw new PythonError("'tuple' object has no attribute 'copy'");
    return [...list];
  },
});

function itemsOf(list: Value[] | Tuple): readonly Value[] {
  return list instanceof Tuple ? list.items : list;
}
