import { bind, integer, text } from "./arguments.ts";
import { Namespace, Range } from "./containers.ts";
import { dictFrom } from "./operators.ts";
import { str } from "./repr.ts";
import { strftime } from "./strftime.ts";
import { PythonError, TemplateRaised, UnsupportedByUs } from "./templateErrors.ts";
import { type Arguments, PythonFunction, PythonObject, type Value } from "./values.ts";

/** The functions that every template has: Jinja's, and the two that transformers adds. */
export const globals: ReadonlyMap<string, Value> = new Map(
  [
    new PythonFunction("range", range),
    new PythonFunction("dict", dictFrom),
    new PythonFunction("namespace", (args) => new Namespace(dictFrom(args))),
    new PythonFunction("cycler", ({ positional }) => new Cycler(positional)),
    new PythonFunction("joiner", (args) => {
      const [separator] = bind("joiner", args, [["sep", ", "]]);
      let isUsed = false;
      return new PythonFunction("joiner", () => {
        const shown = isUsed ? (separator as Value) : "";
        isUsed = true;
        return shown;
      });
    }),
    new PythonFunction("lipsum", () => {
      throw new UnsupportedByUs("the function lipsum");
    }),
    new PythonFunction("raise_exception", (args) => {
      const [message] = bind("raise_exception", args, ["message"]);
      throw new TemplateRaised(str(message as Value));
    }),
    new PythonFunction("strftime_now", (args) => {
      const [format] = bind("strftime_now", args, ["format"]);
      return strftime(new Date(), text(format as Value));
    }),
  ].map((made) => [made.name, made]),
);

function range(args: Arguments): Value {
  if (args.named.size > 0) throw new PythonError("range() takes no keyword arguments");
  const [first, second, third] = args.positional.map(integer);
  if (first === undefined || args.positional.length > 3)
    throw new PythonError("range expected 1 to 3 arguments");
  return second === undefined ? new Range(0, first, 1) : new Range(first, second, third ?? 1);
}

/** `cycler(...)`: goes round its items. */
class Cycler extends PythonObject {
  readonly typeName = "Cycler";
  readonly #items: readonly Value[];
  #at = 0;

  constructor(items: readonly Value[]) {
    super();
    if (items.length === 0) throw new PythonError("at least one item has to be provided");
    this.#items = items;
  }

  toText(): never {
    throw new PythonError("a cycler is written out");
  }

  override attribute(name: string): Value | undefined {
    if (name === "current") return this.#items[this.#at];
    if (name === "next")
      return new PythonFunction(name, () => {
        const item = this.#items[this.#at] as Value;
        this.#at = (this.#at + 1) % this.#items.length;
        return item;
      });
    if (name === "reset")
      return new PythonFunction(name, () => {
        this.#at = 0;
        return null;
      });
    return undefined;
  }
}
