import { bind, integer, type Parameter, text } from "./arguments.ts";
import { Dict, Tuple } from "./containers.ts";
import type { FilterContext } from "./filterContext.ts";
import { jsonFilter } from "./jsonFilter.ts";
import { floatFilter, intFilter, roundFilter } from "./numberFilters.ts";
import { escapeHtml } from "./operators.ts";
import { percentFormat } from "./percentFormat.ts";
import { str } from "./repr.ts";
import { sequenceFilters } from "./sequenceFilters.ts";
import { PythonError, UnsupportedByUs } from "./templateErrors.ts";
import { capitalize, splitLines, strip } from "./textClasses.ts";
import { center, replaceText } from "./textMethods.ts";
import {
  type Arguments,
  isTrue,
  isUndefined,
  lengthOf,
  Markup,
  textOf,
  typeName,
  type Value,
} from "./values.ts";

export type Filter = (value: Value, args: Arguments, context: FilterContext) => Value;

function filter(
  name: string,
  parameters: readonly Parameter[],
  run: (value: Value, ...values: Value[]) => Value,
): [string, Filter] {
  return [name, (value, args) => run(value, ...bind(name, args, parameters))];
}

/** One that reads its value as text; what is marked as safe stays so in Python. */
function textFilter(
  name: string,
  parameters: readonly Parameter[],
  run: (text: string, ...values: Value[]) => Value,
): [string, Filter] {
  return filter(name, parameters, (value, ...values) => {
    const result = run(str(value), ...values);
    return value instanceof Markup && typeof result === "string" ? new Markup(result) : result;
  });
}

/** Jinja's filters, those that Jinja has and we do not among them: they refuse when they are used. */
export const filters: ReadonlyMap<string, Filter> = new Map([
  ...sequenceFilters,
  textFilter("upper", [], (value) => value.toUpperCase()),
  textFilter("lower", [], (value) => value.toLowerCase()),
  textFilter("capitalize", [], capitalize),
  textFilter("title", [], title),
  textFilter("trim", [["chars", null]], (value, chars) =>
    strip(value, "both", chars === null ? null : text(chars as Value)),
  ),
  textFilter("center", [["width", 80n]], (value, width) => center(value, integer(width as Value))),
  textFilter("wordcount", [], (value) => BigInt(value.match(/[\p{L}\p{N}_]+/gu)?.length ?? 0)),
  filter("replace", ["old", "new", ["count", null]], (value, old, by, count) =>
    replaceText(
      str(value),
      str(old as Value),
      str(by as Value),
      count === null ? -1 : integer(count as Value),
    ),
  ),
  filter(
    "indent",
    [
      ["width", 4n],
      ["first", false],
      ["blank", false],
    ],
    indent,
  ),
  filter(
    "truncate",
    [
      ["length", 255n],
      ["killwords", false],
      ["end", "..."],
      ["leeway", null],
    ],
    truncate,
  ),
  filter("string", [], (value) => (value instanceof Markup ? value : str(value))),
  filter("safe", [], (value) => (value instanceof Markup ? value : new Markup(str(value)))),
  ...["escape", "e"].map((name) => filter(name, [], (value) => new Markup(escapeHtml(value)))),
  filter("forceescape", [], (value) => new Markup(escapeHtml(str(value)))),
  ["format", formatFilter],
  filter(
    "tojson",
    [
      ["ensure_ascii", false],
      ["indent", null],
      ["separators", null],
      ["sort_keys", false],
    ],
    jsonFilter,
  ),
  ...["default", "d"].map((name) =>
    filter(
      name,
      [
        ["default_value", ""],
        ["boolean", false],
      ],
      (value, other, boolean) =>
        isUndefined(value) || (isTrue(boolean as Value) && !isTrue(value))
          ? (other as Value)
          : value,
    ),
  ),
  ...["length", "count"].map((name) =>
    filter(name, [], (value) => {
      const length = lengthOf(value);
      if (length === null)
        throw new PythonError(`object of type '${typeName(value)}' has no len()`);
      return BigInt(length);
    }),
  ),
  filter("abs", [], (value) => {
    if (isUndefined(value)) value.fail();
    if (typeof value === "number") return Math.abs(value);
    if (typeof value !== "bigint" && typeof value !== "boolean")
      throw new PythonError(`bad operand type for abs(): '${typeName(value)}'`);
    return BigInt(value) < 0n ? -BigInt(value) : BigInt(value);
  }),
  filter(
    "int",
    [
      ["default", 0n],
      ["base", 10n],
    ],
    intFilter,
  ),
  filter("float", [["default", 0]], floatFilter),
  filter(
    "round",
    [
      ["precision", 0n],
      ["method", "common"],
    ],
    roundFilter,
  ),
  ...[
    "filesizeformat",
    "pprint",
    "random",
    "striptags",
    "urlencode",
    "urlize",
    "wordwrap",
    "xmlattr",
  ].map((name): [string, Filter] => [
    name,
    () => {
      throw new UnsupportedByUs(`the filter ${name}`);
    },
  ]),
]);

/** Words begin behind white space, a hyphen or an opening bracket. */
function title(value: string): string {
  return value
    .split(/([-\s({[<]+)/u)
    .filter((word) => word !== "")
    .map((word) => {
      const [first = "", ...rest] = word;
      return first.toUpperCase() + rest.join("").toLowerCase();
    })
    .join("");
}

function indent(value: Value, width?: Value, first?: Value, blank?: Value): Value {
  if (isUndefined(value)) value.fail();
  if (value instanceof Markup) throw new UnsupportedByUs("indent of text that is marked as safe");
  const by = textOf(width as Value) ?? " ".repeat(Math.max(0, integer(width as Value)));
  const [head = "", ...rest] = splitLines(`${text(value)}\n`);
  const begins = isTrue(first as Value) ? by : "";
  const isBlank = isTrue(blank as Value);
  return (
    begins + [head, ...rest.map((line) => (line === "" && !isBlank ? line : by + line))].join("\n")
  );
}

function truncate(
  value: Value,
  length?: Value,
  killsWords?: Value,
  end?: Value,
  leeway?: Value,
): Value {
  const size = integer(length as Value);
  const tail = text(end as Value);
  const spare = leeway === null ? 5 : integer(leeway as Value);
  const tailSize = [...tail].length;
  if (size < tailSize) throw new PythonError(`expected length >= ${tailSize}, got ${size}`);
  if (spare < 0) throw new PythonError(`expected leeway >= 0, got ${spare}`);
  const count = lengthOf(value);
  if (count !== null && count <= size + spare) return value;
  const cut = [...text(value)].slice(0, size - tailSize).join("");
  if (isTrue(killsWords as Value)) return cut + tail;
  const at = cut.lastIndexOf(" ");
  return (at < 0 ? cut : cut.slice(0, at)) + tail;
}

function formatFilter(value: Value, args: Arguments): Value {
  if (args.positional.length > 0 && args.named.size > 0)
    throw new PythonError("can't handle positional and keyword arguments at the same time");
  return percentFormat(
    str(value),
    args.named.size > 0 ? new Dict(args.named) : new Tuple(args.positional),
  );
}
