import { repr } from "./repr.ts";
import { PythonError } from "./templateErrors.ts";
import { PythonObject, typeName, Undefined, type Value } from "./values.ts";

export class Tuple extends PythonObject {
  readonly typeName: string = "tuple";
  readonly items: readonly Value[];
  /** Of a tuple whose items have names. */
  readonly #names: readonly string[];

  constructor(items: readonly Value[], names: readonly string[] = []) {
    super();
    this.items = items;
    this.#names = names;
  }

  toText(): string {
    const items = this.items.map(repr);
    return items.length === 1 ? `(${items[0]},)` : `(${items.join(", ")})`;
  }

  override get length(): number {
    return this.items.length;
  }

  override iterate(): Iterator<Value> {
    return this.items[Symbol.iterator]();
  }

  override get hasItems(): boolean {
    return true;
  }

  override item(index: Value): Value | undefined {
    const at = indexOf(index, this.items.length);
    return at === null ? undefined : this.items[at];
  }

  override attribute(name: string): Value | undefined {
    const at = this.#names.indexOf(name);
    return at < 0 ? undefined : this.items[at];
  }
}

/** A dict: keys in the order they came, 1, 1.0 and True the same one. */
export class Dict extends PythonObject {
  readonly typeName = "dict";
  readonly #entries = new Map<string, readonly [Value, Value]>();

  constructor(entries: Iterable<readonly [Value, Value]> = []) {
    super();
    for (const [key, value] of entries) this.set(key, value);
  }

  /** @throws PythonError where the key is a list or a dict */
  set(key: Value, value: Value): void {
    const hash = hashOf(key);
    this.#entries.set(hash, [this.#entries.get(hash)?.[0] ?? key, value]);
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(hashOf(key))?.[1];
  }

  has(key: Value): boolean {
    return this.#entries.has(hashOf(key));
  }

  get entries(): (readonly [Value, Value])[] {
    return [...this.#entries.values()];
  }

  get keys(): Value[] {
    return this.entries.map(([key]) => key);
  }

  get values(): Value[] {
    return this.entries.map(([, value]) => value);
  }

  toText(): string {
    return this.toRepr();
  }

  override toRepr(): string {
    return `{${this.entries.map(([key, value]) => `${repr(key)}: ${repr(value)}`).join(", ")}}`;
  }

  override get length(): number {
    return this.#entries.size;
  }

  override iterate(): Iterator<Value> {
    return this.keys[Symbol.iterator]();
  }

  override get hasItems(): boolean {
    return true;
  }

  override item(index: Value): Value | undefined {
    return isHashable(index) ? this.get(index) : undefined;
  }
}

/** `dict.keys()`, `.values()` or `.items()`: iterated over and counted, not indexed. */
export class DictView extends PythonObject {
  readonly typeName: string;
  readonly #items: () => readonly Value[];

  constructor(kind: "keys" | "values" | "items", items: () => readonly Value[]) {
    super();
    this.typeName = `dict_${kind}`;
    this.#items = items;
  }

  toText(): string {
    return `${this.typeName}([${this.#items().map(repr).join(", ")}])`;
  }

  override get length(): number {
    return this.#items().length;
  }

  override iterate(): Iterator<Value> {
    return this.#items()[Symbol.iterator]();
  }
}

export class Range extends PythonObject {
  readonly typeName = "range";
  readonly #bounds: readonly [start: number, stop: number, step: number];
  readonly items: readonly Value[];

  /** @throws PythonError where the step is 0, or more numbers would come than Jinja's sandbox allows */
  constructor(start: number, stop: number, step: number) {
    super();
    if (step === 0) throw new PythonError("range() arg 3 must not be zero");
    this.#bounds = [start, stop, step];
    const count = Math.max(0, Math.ceil((stop - start) / step));
    if (count > 100_000)
      throw new PythonError(
        "Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).",
      );
    this.items = Array.from({ length: count }, (_, i) => BigInt(start + i * step));
  }

  toText(): string {
    const [start, stop, step] = this.#bounds;
    return `range(${start}, ${stop}${step === 1 ? "" : `, ${step}`})`;
  }

  override get length(): number {
    return this.items.length;
  }

  override iterate(): Iterator<Value> {
    return this.items[Symbol.iterator]();
  }

  override get hasItems(): boolean {
    return true;
  }

  override item(index: Value): Value | undefined {
    const at = indexOf(index, this.items.length);
    return at === null ? undefined : this.items[at];
  }
}

/** `namespace(...)`: the one object that a template changes. */
export class Namespace extends PythonObject {
  readonly typeName = "Namespace";
  readonly #attributes: Dict;

  constructor(attributes: Dict) {
    super();
    this.#attributes = attributes;
  }

  setAttribute(name: string, value: Value): void {
    this.#attributes.set(name, value);
  }

  toText(): string {
    return `<Namespace ${this.#attributes.toRepr()}>`;
  }

  override attribute(name: string): Value | undefined {
    return this.#attributes.get(name);
  }
}

/** Position in a sequence, a negative one counted from its end; null where there is none. */
export function indexOf(index: Value, length: number): number | null {
  if (typeof index !== "bigint" && typeof index !== "boolean") return null;
  const at = Number(index);
  const from = at < 0 ? at + length : at;
  return from >= 0 && from < length ? from : null;
}

function isHashable(key: Value): boolean {
  if (key instanceof Tuple) return key.items.every(isHashable);
  return !Array.isArray(key) && !(key instanceof Dict);
}

/** The same text for values that are equal as keys. @throws PythonError */
export function hashOf(key: Value): string {
  if (typeof key === "string") return `s${key}`;
  if (key === null) return "None";
  if (typeof key === "boolean") return `n${Number(key)}`;
  if (typeof key === "bigint") return `n${key}`;
  if (typeof key === "number") return Number.isInteger(key) ? `n${BigInt(key)}` : `n${key}`;
  if (key instanceof Undefined) return "undefined";
  if (key instanceof Tuple)
    return `(${key.items.map((item) => JSON.stringify(hashOf(item))).join()})`;
  if (key instanceof PythonObject && key.asText !== null) return `s${key.asText}`;
  throw new PythonError(`unhashable type: '${typeName(key)}'`);
}
