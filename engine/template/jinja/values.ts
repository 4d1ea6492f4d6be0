import { quote } from "./quote.ts";
import { PythonError } from "./templateErrors.ts";

/**
 * A Python value: None is null, an int a bigint, a float a number, a list an array; everything else that is no str or bool
 * is an object of its own.
 */
export type Value = null | boolean | bigint | number | string | Value[] | PythonObject;

export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** What a class of Python's objects does; whatever is left out raises, as it does there. */
export abstract class PythonObject {
  /** As `type(value).__name__` has it. */
  abstract readonly typeName: string;

  /** `str(value)` */
  abstract toText(): string;

  /** `repr(value)` */
  toRepr(): string {
    return this.toText();
  }

  get isTrue(): boolean {
    return true;
  }

  /** `len(value)`; null where it has none. */
  get length(): number | null {
    return null;
  }

  /** The text that stands for the value where a text is wanted; null where it is none. */
  get asText(): string | null {
    return null;
  }

  /** Null where it cannot be iterated over. */
  iterate(): Iterator<Value> | null {
    return null;
  }

  /** Can `value[index]` be asked at all? */
  get hasItems(): boolean {
    return false;
  }

  /** `value[index]`; JavaScript's undefined where Python raises a LookupError or a TypeError. */
  item(_index: Value): Value | undefined {
    return undefined;
  }

  /** `value.name`; JavaScript's undefined where Python raises an AttributeError. */
  attribute(_name: string): Value | undefined {
    return undefined;
  }

  get isCallable(): boolean {
    return false;
  }

  call(_args: Arguments): Value {
    throw new PythonError(`'${this.typeName}' object is not callable`);
  }
}

/** A variable, attribute or item that is not there. Printing it gives nothing, looking into it raises. */
export class Undefined extends PythonObject {
  readonly typeName = "Undefined";
  readonly #message: string;

  /** @param message what is said when something is done with it */
  constructor(message: string) {
    super();
    this.#message = message;
  }

  fail(): never {
    throw new PythonError(this.#message);
  }

  override toText(): string {
    return "";
  }

  override toRepr(): string {
    return "Undefined";
  }

  override get isTrue(): boolean {
    return false;
  }

  override get length(): number {
    return 0;
  }

  override iterate(): Iterator<Value> {
    return [][Symbol.iterator]();
  }

  override get hasItems(): boolean {
    return true;
  }

  override item(): never {
    return this.fail();
  }

  override attribute(): never {
    return this.fail();
  }

  override get isCallable(): boolean {
    return true;
  }

  override call(): never {
    return this.fail();
  }
}

/** Something that is called: a method, a function of the template's, a macro. */
export class PythonFunction extends PythonObject {
  readonly typeName = "function";
  readonly name: string;
  readonly #run: (args: Arguments) => Value;

  constructor(name: string, run: (args: Arguments) => Value) {
    super();
    this.name = name;
    this.#run = run;
  }

  toText(): never {
    throw new PythonError(`the function ${this.name} is written out without being called`);
  }

  override get isCallable(): boolean {
    return true;
  }

  override call(args: Arguments): Value {
    return this.#run(args);
  }
}

/** A generator: what lazy filters give. It is true even where nothing comes, and can be gone through once. */
export class Generator extends PythonObject {
  readonly typeName = "generator";
  readonly #items: Iterator<Value>;

  constructor(items: Iterable<Value>) {
    super();
    this.#items = items[Symbol.iterator]();
  }

  toText(): never {
    throw new PythonError("a generator is written out; put the filter list behind it");
  }

  override iterate(): Iterator<Value> {
    return this.#items;
  }
}

/** Text marked as safe: what is joined to it is escaped. */
export class Markup extends PythonObject {
  readonly typeName = "Markup";
  readonly text: string;

  constructor(text: string) {
    super();
    this.text = text;
  }

  toText(): string {
    return this.text;
  }

  override toRepr(): string {
    return `Markup(${quote(this.text)})`;
  }

  override get asText(): string {
    return this.text;
  }

  override get length(): number {
    return [...this.text].length;
  }

  override iterate(): Iterator<Value> {
    return this.text[Symbol.iterator]();
  }
}

export function isUndefined(value: Value): value is Undefined {
  return value instanceof Undefined;
}

/** As Python's `type(value).__name__`. */
export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return "float";
  if (typeof value === "string") return "str";
  return Array.isArray(value) ? "list" : value.typeName;
}

export function isTrue(value: Value): boolean {
  if (value instanceof PythonObject) return value.isTrue && value.length !== 0;
  if (Array.isArray(value)) return value.length > 0;
  return value !== null && value !== false && value !== "" && value !== 0n && value !== 0;
}

/** The text that a str, or what stands for one, holds; null for anything else. */
export function textOf(value: Value): string | null {
  if (typeof value === "string") return value;
  return value instanceof PythonObject ? value.asText : null;
}

/** `iter(value)` @throws PythonError where it cannot be iterated over */
export function iterate(value: Value): Iterable<Value> {
  if (typeof value === "string" || Array.isArray(value)) return value;
  const iterator = value instanceof PythonObject ? value.iterate() : null;
  if (iterator === null) throw new PythonError(`'${typeName(value)}' object is not iterable`);
  // An iterator that is left early goes on later: it is not closed.
  return { [Symbol.iterator]: () => ({ next: () => iterator.next() }) };
}

/** The first that is there: None is, which `??` would pass over. */
export function firstOf(value: Value | undefined, ...more: (() => Value | undefined)[]): Value {
  let found = value;
  for (const other of more) if (found === undefined) found = other();
  return found as Value;
}

/** `len(value)`; null where it has none. Texts count code points. */
export function lengthOf(value: Value): number | null {
  if (typeof value === "string") return codePoints(value).length;
  if (Array.isArray(value)) return value.length;
  return value instanceof PythonObject ? value.length : null;
}

/** Characters as Python counts them; the text itself where UTF-16 counts the same. */
export function codePoints(text: string): string | string[] {
  return /[\ud800-\udbff]/.test(text) ? [...text] : text;
}
