import { bind, integer, type Parameter, text } from "./arguments.ts";
import { attributeOf, itemOf } from "./attributes.ts";
import { equals, isLess } from "./comparison.ts";
import { Dict, hashOf, Tuple } from "./containers.ts";
import type { FilterContext } from "./filterContext.ts";
import { binary } from "./operators.ts";
import { str } from "./repr.ts";
import { sorted } from "./sorted.ts";
import { PythonError } from "./templateErrors.ts";
import {
  type Arguments,
  firstOf,
  Generator,
  isTrue,
  isUndefined,
  iterate,
  textOf,
  typeName,
  Undefined,
  type Value,
} from "./values.ts";

type Filter = (value: Value, args: Arguments, context: FilterContext) => Value;

function filter(
  name: string,
  parameters: readonly Parameter[],
  run: (value: Value, ...values: Value[]) => Value,
): [string, Filter] {
  return [name, (value, args) => run(value, ...bind(name, args, parameters))];
}

/** Reads `a.b.0` of a value; the value itself where no attribute is named. */
function getter(
  attribute: Value | undefined,
  isCaseSensitive = true,
  byDefault: Value = null,
): (value: Value) => Value {
  const parts = partsOf(attribute ?? null);
  return (value) => {
    let found = value;
    for (const part of parts) {
      found = itemOf(found, part);
      if (byDefault !== null && isUndefined(found)) found = byDefault;
    }
    return isCaseSensitive ? found : withoutCase(found);
  };
}

function partsOf(attribute: Value): Value[] {
  if (attribute === null) return [];
  const path = textOf(attribute);
  if (path === null) return [attribute];
  return path.split(".").map((part) => (/^\d+$/.test(part) ? BigInt(part) : part));
}

function withoutCase(value: Value): Value {
  return textOf(value)?.toLowerCase() ?? value;
}

const SORTING: readonly Parameter[] = [
  ["case_sensitive", false],
  ["attribute", null],
];

export const sequenceFilters: ReadonlyMap<string, Filter> = new Map([
  filter("list", [], (value) => [...iterate(value)]),
  filter("first", [], (value) => {
    for (const item of iterate(value)) return item;
    return new Undefined("No first item, sequence was empty.");
  }),
  filter("last", [], (value) => {
    const items = reversible(value);
    return firstOf(items.at(-1), () => new Undefined("No last item, sequence was empty."));
  }),
  filter("reverse", [], (value) => {
    const written = textOf(value);
    if (written !== null) return [...written].reverse().join("");
    const items = [...iterate(value)].reverse();
    // What can be gone through once is put into a list first.
    return value instanceof Generator ? items : new Generator(items);
  }),
  filter(
    "join",
    [
      ["d", ""],
      ["attribute", null],
    ],
    (value, separator, attribute) =>
      [...iterate(value)]
        .map(getter(attribute))
        .map(str)
        .join(str(separator as Value)),
  ),
  filter("items", [], (value) => lazily([], () => itemsOf(value))),
  filter(
    "dictsort",
    [
      ["case_sensitive", false],
      ["by", "key"],
      ["reverse", false],
    ],
    dictSort,
  ),
  filter("sort", [["reverse", false], ...SORTING], (value, isReversed, isSensitive, attribute) => {
    const key = multiGetter(attribute as Value, isTrue(isSensitive as Value));
    return sorted(iterate(value), key, isTrue(isReversed as Value));
  }),
  filter("unique", SORTING, (value, isSensitive, attribute) => {
    const key = getter(attribute, isTrue(isSensitive as Value));
    const seen = new Set<string>();
    return lazily(value, function* (items) {
      for (const item of items) {
        const hash = hashOf(key(item));
        if (!seen.has(hash)) yield item;
        seen.add(hash);
      }
    });
  }),
  filter("min", SORTING, (value, ...values) => extreme(value, values, isLess)),
  filter("max", SORTING, (value, ...values) => extreme(value, values, (a, b) => isLess(b, a))),
  filter(
    "sum",
    [
      ["attribute", null],
      ["start", 0n],
    ],
    (value, attribute, start) => {
      if (textOf(start as Value) !== null) throw new PythonError("sum() can't sum strings");
      return [...iterate(value)]
        .map(getter(attribute))
        .reduce((a, b) => binary("+", a, b), start as Value);
    },
  ),
  filter("groupby", ["attribute", ["default", null], ["case_sensitive", false]], groupBy),
  filter("batch", ["linecount", ["fill_with", null]], (value, count, fill) =>
    lazily(value, function* (items) {
      const size = integer(count as Value);
      let row: Value[] = [];
      for (const item of items) {
        if (row.length === size) {
          yield row;
          row = [];
        }
        row.push(item);
      }
      if (row.length === 0) return;
      while (fill !== null && row.length < size) row.push(fill as Value);
      yield row;
    }),
  ),
  filter("slice", ["slices", ["fill_with", null]], slice),
  filter("attr", ["name"], (value, name) => {
    const key = text(name as Value);
    if (value instanceof Dict && value.has(key)) {
      const attribute = attributeOf(new Dict(), key);
      return isUndefined(attribute)
        ? new Undefined(`'dict object' has no attribute '${key}'`)
        : attributeOf(value, key);
    }
    return attributeOf(value, key);
  }),
  ["map", map],
  ["select", (value, args, context) => select(value, args, context, false, true)],
  ["reject", (value, args, context) => select(value, args, context, false, false)],
  ["selectattr", (value, args, context) => select(value, args, context, true, true)],
  ["rejectattr", (value, args, context) => select(value, args, context, true, false)],
]);

/** Nothing is read, and nothing raised, before somebody asks for an item. */
function lazily(value: Value, items: (from: Iterable<Value>) => Iterable<Value>): Generator {
  function* later() {
    yield* items(iterate(value));
  }
  return new Generator(later());
}

function itemsOf(value: Value): Tuple[] {
  if (isUndefined(value)) return [];
  if (!(value instanceof Dict)) throw new PythonError("Can only get item pairs from a mapping.");
  return value.entries.map((entry) => new Tuple(entry));
}

function reversible(value: Value): readonly Value[] {
  if (value instanceof Generator) throw new PythonError("'generator' object is not reversible");
  return [...iterate(value)];
}

function dictSort(value: Value, isSensitive?: Value, by?: Value, isReversed?: Value): Value {
  if (by !== "key" && by !== "value")
    throw new PythonError('You can only sort by either "key" or "value"');
  if (isUndefined(value)) value.fail();
  if (!(value instanceof Dict))
    throw new PythonError(`'${typeName(value)}' object has no attribute 'items'`);
  const key = getter(by === "key" ? 0n : 1n, isTrue(isSensitive as Value));
  return sorted(
    value.entries.map((entry) => new Tuple(entry)),
    key,
    isTrue(isReversed as Value),
  );
}

/** By several attributes, with commas between. */
function multiGetter(attribute: Value, isSensitive: boolean): (value: Value) => Value {
  const path = textOf(attribute);
  if (path === null) return getter(attribute, isSensitive);
  const getters = path.split(",").map((part) => getter(part, isSensitive));
  return (value) => getters.map((get) => get(value));
}

function extreme(
  value: Value,
  [isSensitive, attribute]: readonly Value[],
  isBetter: (a: Value, b: Value) => boolean,
): Value {
  const key = getter(attribute, isTrue(isSensitive as Value));
  let best: { item: Value; key: Value } | null = null;
  for (const item of iterate(value)) {
    const candidate = { item, key: key(item) };
    if (best === null || isBetter(candidate.key, best.key)) best = candidate;
  }
  return best === null ? new Undefined("No aggregated item, sequence was empty.") : best.item;
}

function groupBy(value: Value, attribute?: Value, byDefault?: Value, isSensitive?: Value): Value {
  const key = getter(attribute, isTrue(isSensitive as Value), byDefault as Value);
  const shown = getter(attribute, true, byDefault as Value);
  const groups: { key: Value; items: Value[] }[] = [];
  for (const item of sorted(iterate(value), key)) {
    const group = groups.at(-1);
    if (group && equals(group.key, key(item))) group.items.push(item);
    else groups.push({ key: key(item), items: [item] });
  }
  return groups.map(
    ({ items }) => new Tuple([shown(items[0] as Value), items], ["grouper", "list"]),
  );
}

function slice(value: Value, count?: Value, fill?: Value): Value {
  return lazily(value, function* (all) {
    const items = [...all];
    const slices = integer(count as Value);
    if (slices === 0) throw new PythonError("integer division or modulo by zero");
    const size = Math.floor(items.length / slices);
    const nLonger = items.length % slices;
    let at = 0;
    for (let i = 0; i < slices; i += 1) {
      const end = at + size + (i < nLonger ? 1 : 0);
      const part = items.slice(at, end);
      if (fill !== null && i >= nLonger) part.push(fill as Value);
      yield part;
      at = end;
    }
  });
}

/** `map("filter", ...)` or `map(attribute="a.b", default=...)` */
function map(value: Value, args: Arguments, context: FilterContext): Value {
  return lazily(isTrue(value) ? value : [], function* (items) {
    const apply = mapper(args, context);
    for (const item of items) yield apply(item);
  });
}

function mapper(args: Arguments, context: FilterContext): (item: Value) => Value {
  const [name, ...rest] = args.positional;
  if (name !== undefined)
    return (item) => context.filter(text(name), item, { positional: rest, named: args.named });
  const { attribute, default: byDefault = null, ...unknown } = Object.fromEntries(args.named);
  if (attribute === undefined) throw new PythonError("map requires a filter argument");
  const [more] = Object.keys(unknown);
  if (more !== undefined) throw new PythonError(`Unexpected keyword argument '${more}'`);
  return getter(attribute, true, byDefault);
}

function select(
  value: Value,
  args: Arguments,
  context: FilterContext,
  hasAttribute: boolean,
  keeps: boolean,
): Value {
  return lazily(isTrue(value) ? value : [], function* (items) {
    const [attribute, ...others] = args.positional;
    if (hasAttribute && attribute === undefined)
      throw new PythonError("Missing parameter for attribute name");
    const read = hasAttribute ? getter(attribute) : (item: Value) => item;
    const [name, ...rest] = hasAttribute ? others : args.positional;
    for (const item of items) {
      const found = read(item);
      const isChosen =
        name === undefined
          ? isTrue(found)
          : context.test(text(name), found, { positional: rest, named: args.named });
      if (isChosen === keeps) yield item;
    }
  });
}
