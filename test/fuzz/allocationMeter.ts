/** What an element of an array and an entry of a map or set count as. */
const ELEMENT_BYTES = 8;
const ENTRY_BYTES = 32;

/** Thrown where the limit is passed: its stack names the line that asked for more. */
export class AllocationLimitError extends RangeError {
  override readonly name = "AllocationLimitError";
}

let askedBytes = 0;
let limitBytes = Number.POSITIVE_INFINITY;
let exceeded: AllocationLimitError | null = null;

function ask(bytes: number): void {
  askedBytes += bytes;
  if (askedBytes <= limitBytes) return;
  exceeded ??= new AllocationLimitError(
    `memory: expected at most ${limitBytes} bytes to be asked for, got ${askedBytes}. Hold counts against the size of the file before room is made for them.`,
  );
  throw exceeded;
}

/**
 * Runs code and counts the memory that it asks for, that which it drops again included: bytes of buffers, elements of arrays,
 * entries of maps and sets, characters of strings that are made longer. Nothing is measured, so that the same code asks for
 * the same on every machine and at every load, which cannot be said of a heap.
 * Literals, spread and the objects in the arrays do not count: where there are many of them, something holds them.
 * @throws AllocationLimitError also where the code caught it
 */
export async function meterAllocations(
  limit: number,
  run: () => unknown,
): Promise<{ readonly askedBytes: number; readonly error: unknown }> {
  install();
  askedBytes = 0;
  exceeded = null;
  limitBytes = limit;
  let error: unknown = null;
  try {
    await run();
  } catch (thrown) {
    error = thrown;
  } finally {
    limitBytes = Number.POSITIVE_INFINITY;
  }
  if (exceeded !== null) throw exceeded;
  return { askedBytes, error };
}

type Method = (this: unknown, ...given: unknown[]) => unknown;
const lengthOf = (made: unknown): number => (made as { length?: number } | undefined)?.length ?? 0;
const elements = (made: unknown): number => ELEMENT_BYTES * lengthOf(made);
const bytes = (made: unknown): number => lengthOf(made);
const characters = (made: unknown): number => 2 * lengthOf(made);

/** Methods by what they make. */
const MAKERS: readonly [
  holder: object,
  names: readonly string[],
  cost: (made: unknown) => number,
][] = [
  [Array, ["from", "of"], elements],
  [Array.prototype, ["concat", "filter", "flat", "flatMap", "map", "slice", "splice"], elements],
  [Array.prototype, ["toReversed", "toSorted", "toSpliced", "with"], elements],
  [Array.prototype, ["join"], characters],
  [Object, ["entries", "keys", "values"], elements],
  [
    String.prototype,
    ["normalize", "padEnd", "padStart", "repeat", "replace", "replaceAll"],
    characters,
  ],
  [String.prototype, ["split"], elements],
  [TextDecoder.prototype, ["decode"], characters],
  [TextEncoder.prototype, ["encode"], bytes],
  [JSON, ["stringify"], characters],
  [Buffer, ["alloc", "allocUnsafe", "concat", "from"], bytes],
];

const BUFFERS = [
  "ArrayBuffer",
  "BigInt64Array",
  "BigUint64Array",
  "Float32Array",
  "Float64Array",
  "Int8Array",
  "Int16Array",
  "Int32Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Uint16Array",
  "Uint32Array",
] as const;

/** Makes what Array.from and Array.of give, so that the counting constructor does not count it again. */
const plainArray = Array;
let isInstalled = false;

/** Puts the counting in the place of the built-ins, once and for the whole process. */
function install(): void {
  if (isInstalled) return;
  isInstalled = true;
  for (const [holder, names, cost] of MAKERS)
    for (const name of names)
      replaceMethod(holder, name, (method) => {
        return function (...given) {
          const made = method.apply(this === globalThis.Array ? plainArray : this, given);
          ask(cost(made));
          return made;
        };
      });
  for (const [holder, name, each] of [
    [Array.prototype, "push", ELEMENT_BYTES],
    [Array.prototype, "unshift", ELEMENT_BYTES],
    [Map.prototype, "set", ENTRY_BYTES / 2],
    [Set.prototype, "add", ENTRY_BYTES],
  ] as const)
    replaceMethod(holder, name, (method) => {
      return function (...given) {
        ask(each * given.length);
        return method.apply(this, given);
      };
    });
  for (const name of BUFFERS) replaceBuffer(name);
  const scope = globalThis as unknown as { Array: ArrayConstructor };
  const countElements = (given: unknown[]): void => {
    const [length] = given;
    ask(ELEMENT_BYTES * (given.length === 1 && typeof length === "number" ? length : given.length));
  };
  scope.Array = new Proxy(Array, {
    construct(target, given, newTarget) {
      countElements(given);
      return Reflect.construct(target, given, newTarget) as object;
    },
    apply(target, self, given) {
      countElements(given);
      return Reflect.apply(target, self, given) as unknown;
    },
  });
}

function replaceMethod(holder: object, name: string, by: (method: Method) => Method): void {
  const methods = holder as Record<string, Method | undefined>;
  const method = methods[name];
  if (method === undefined) return; // newer than this Node
  Object.defineProperty(holder, name, {
    value: by(method),
    writable: true,
    configurable: true,
    enumerable: false,
  });
}

/** Also in the place of `constructor`, by which slice, map and filter make their results. */
function replaceBuffer(name: (typeof BUFFERS)[number]): void {
  const scope = globalThis as unknown as Record<string, new (...given: unknown[]) => object>;
  const original = scope[name] as (new (
    ...given: unknown[]
  ) => object) & {
    BYTES_PER_ELEMENT?: number;
  };
  const size = original.BYTES_PER_ELEMENT ?? 1;
  const counting = new Proxy(original, {
    construct(target, given, newTarget) {
      const [source] = given;
      if (typeof source === "number") ask(size * source);
      else if (!(source instanceof ArrayBuffer)) ask(size * lengthOf(source));
      return Reflect.construct(target, given, newTarget) as object;
    },
  });
  scope[name] = counting;
  Object.defineProperty(original.prototype, "constructor", {
    value: counting,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}
