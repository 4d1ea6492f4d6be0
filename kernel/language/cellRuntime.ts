import { KeyboardInterrupt } from "../errors.ts";

/** What a rewritten cell calls for each await, `for await`, loop turn, `import()` and `import.meta`. */
export interface CellRuntime {
  wait(value: unknown): unknown;
  iterate(iterable: AsyncIterable<unknown> | Iterable<unknown>): AsyncIterable<unknown>;
  poll(): void;
  import(specifier: unknown, options?: unknown): Promise<unknown>;
  readonly meta: object;
}

/** How the runtime is joined to the session around it. */
export interface RuntimeHooks {
  /** Waits on behalf of the cell that the calling code belongs to. */
  wait(value: unknown): unknown;
  /** Its first word is not 0 while an interrupt is pending. */
  readonly interruptFlag: Int32Array;
  /** Clears the pending interrupt; true if there was one. */
  takeInterrupt(): boolean;
  importModule(specifier: string, attributes: Readonly<Record<string, string>>): Promise<unknown>;
}

export function createCellRuntime(hooks: RuntimeHooks, meta: object): CellRuntime {
  const { interruptFlag } = hooks;
  const poll = (): void => {
    // A plain read: Atomics.load is five times slower here.
    if (interruptFlag[0] === 0 || !hooks.takeInterrupt()) return;
    const interrupt = new KeyboardInterrupt();
    Error.captureStackTrace(interrupt, poll);
    throw interrupt;
  };
  return {
    wait: hooks.wait,
    iterate: (iterable) => interruptible(iterable, hooks.wait),
    poll,
    async import(specifier, options) {
      const { with: attributes = {} } = (options ?? {}) as { with?: Record<string, string> };
      return hooks.importModule(String(specifier), attributes);
    },
    meta,
  };
}

/** Iterates as `for await` does, but each wait can be interrupted, and an interrupt closes the iterator. */
function interruptible(
  iterable: AsyncIterable<unknown> | Iterable<unknown>,
  wait: RuntimeHooks["wait"],
): AsyncIterable<unknown> {
  const openAsync = (iterable as AsyncIterable<unknown>)[Symbol.asyncIterator];
  if (typeof openAsync !== "function") {
    return (async function* values() {
      for (const value of iterable as Iterable<unknown>) yield await wait(value);
    })();
  }
  const iterator = openAsync.call(iterable);
  const close = (): unknown => iterator.return?.();
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        try {
          return (await wait(iterator.next())) as IteratorResult<unknown>;
        } catch (error) {
          if (error instanceof KeyboardInterrupt) void Promise.resolve(close()).catch(() => {});
          throw error;
        }
      },
      async return() {
        await close();
        return { done: true, value: undefined };
      },
    }),
  };
}
