import { equals } from "./comparison.ts";
import { Tuple } from "./containers.ts";
import { PythonError } from "./templateErrors.ts";
import {
  type Arguments,
  iterate,
  lengthOf,
  PythonFunction,
  PythonObject,
  Undefined,
  type Value,
} from "./values.ts";

/** `loop` of a for statement. Items are taken when they are asked for: a test behind `if` sees what the body before did. */
export class LoopContext extends PythonObject {
  readonly typeName = "LoopContext";
  readonly #source: Value;
  #items: Iterator<Value>;
  readonly #depth0: number;
  /** Renders the body for other items, one level deeper; null unless the loop is recursive. */
  readonly #recurse: ((items: Value, depth0: number) => string) | null;
  #index0 = -1;
  #length: number | null = null;
  #current: Value | undefined;
  #before: Value | undefined;
  /** What was taken ahead of its round. */
  #after: IteratorResult<Value> | null = null;
  #lastChanged: Value | undefined;

  constructor(
    source: Value,
    depth0: number,
    recurse: ((items: Value, depth0: number) => string) | null,
  ) {
    super();
    this.#source = source;
    this.#items = iterate(source)[Symbol.iterator]();
    this.#depth0 = depth0;
    this.#recurse = recurse;
  }

  /** The next round's item; JavaScript's undefined at the end. */
  next(): Value | undefined {
    const result = this.#after ?? this.#items.next();
    this.#after = null;
    if (result.done) return undefined;
    this.#index0 += 1;
    this.#before = this.#current;
    this.#current = result.value;
    return result.value;
  }

  toText(): string {
    return `<LoopContext ${this.#index0 + 1}/${this.length}>`;
  }

  override get length(): number {
    this.#length ??= lengthOf(this.#source);
    if (this.#length === null) {
      const rest: Value[] = [];
      for (let step = this.#items.next(); !step.done; step = this.#items.next())
        rest.push(step.value);
      this.#items = rest[Symbol.iterator]();
      this.#length = rest.length + this.#index0 + 1 + (this.#after?.done === false ? 1 : 0);
    }
    return this.#length;
  }

  #peek(): IteratorResult<Value> {
    this.#after ??= this.#items.next();
    return this.#after;
  }

  override iterate(): null {
    return null;
  }

  override attribute(name: string): Value | undefined {
    const index0 = this.#index0;
    switch (name) {
      case "index0":
        return BigInt(index0);
      case "index":
        return BigInt(index0 + 1);
      case "length":
        return BigInt(this.length);
      case "revindex":
        return BigInt(this.length - index0);
      case "revindex0":
        return BigInt(this.length - index0 - 1);
      case "first":
        return index0 === 0;
      case "last":
        return this.#peek().done === true;
      case "depth":
        return BigInt(this.#depth0 + 1);
      case "depth0":
        return BigInt(this.#depth0);
      case "previtem":
        return index0 === 0 ? new Undefined("there is no previous item") : this.#before;
      case "nextitem": {
        const { done, value } = this.#peek();
        return done ? new Undefined("there is no next item") : value;
      }
      case "cycle":
        return new PythonFunction(name, ({ positional }) => {
          const item = positional[index0 % positional.length];
          if (item === undefined) throw new PythonError("no items for cycling given");
          return item;
        });
      case "changed":
        return new PythonFunction(name, ({ positional }) =>
          this.#hasChanged(new Tuple(positional)),
        );
      default:
        return undefined;
    }
  }

  #hasChanged(value: Tuple): boolean {
    const isSame = this.#lastChanged !== undefined && equals(this.#lastChanged, value);
    this.#lastChanged = value;
    return !isSame;
  }

  override get isCallable(): boolean {
    return true;
  }

  override call({ positional: [items] }: Arguments): Value {
    if (this.#recurse === null)
      throw new PythonError("The loop must have the 'recursive' marker to be called recursively.");
    if (items === undefined) throw new PythonError("loop() missing required argument: 'iterable'");
    return this.#recurse(items, this.#depth0 + 1);
  }
}
