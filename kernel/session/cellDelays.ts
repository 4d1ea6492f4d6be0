import promises from "node:timers/promises";

type Start<Result> = (options: TimerOptions) => Result;

/** What cells wait for by `node:timers/promises`. What is stopped neither resolves nor throws, as a timer that does not fire. */
export class CellDelays {
  readonly #pending = new Set<AbortController>();

  /**
   * To be followed by `syncBuiltinESMExports`.
   * @param isOfCell whether the code that runs belongs to a cell
   */
  install(isOfCell: () => boolean): void {
    const { setTimeout, setImmediate, setInterval, scheduler } = promises;
    // What is wrong with options is Node's to say.
    const follows = (options: unknown): boolean =>
      isOfCell() && (options === undefined || (typeof options === "object" && options !== null));
    const own = {
      setTimeout: <T>(delayMs?: number, value?: T, options?: TimerOptions): Promise<T> => {
        const start = (all?: TimerOptions) => setTimeout(delayMs, value as T, all);
        return follows(options) ? this.#wait(options, start) : start(options);
      },
      setImmediate: <T>(value?: T, options?: TimerOptions): Promise<T> => {
        const start = (all?: TimerOptions) => setImmediate(value as T, all);
        return follows(options) ? this.#wait(options, start) : start(options);
      },
      setInterval: <T>(delayMs?: number, value?: T, options?: TimerOptions): AsyncIterator<T> => {
        const start = (all?: TimerOptions) => setInterval(delayMs, value as T, all);
        return follows(options) ? this.#iterate(options, start) : start(options);
      },
    };
    for (const name of ["setTimeout", "setImmediate", "setInterval"] as const) {
      Object.defineProperties(own[name], Object.getOwnPropertyDescriptors(promises[name]));
      Object.defineProperty(promises, name, { value: own[name] });
    }
    const wait: typeof scheduler.wait = (delayMs, options) =>
      own.setTimeout(delayMs, undefined, options);
    Object.defineProperty(scheduler, "wait", { value: wait });
  }

  /** Stops them all. @returns how many there were */
  stop(): number {
    const stopped = [...this.#pending];
    this.#pending.clear();
    for (const stopper of stopped) stopper.abort();
    return stopped.length;
  }

  #wait<T>(options: TimerOptions | undefined, start: Start<Promise<T>>): Promise<T> {
    return new Promise((resolve, reject) => {
      const stopper = new AbortController();
      const waited = start(withSignal(options, stopper.signal));
      this.#pending.add(stopper);
      const end = (settle: () => void): void => {
        if (stopper.signal.aborted) return;
        this.#pending.delete(stopper);
        settle();
      };
      waited.then(
        (value) => end(() => resolve(value)),
        (error) => end(() => reject(error)),
      );
    });
  }

  async *#iterate<T>(
    options: TimerOptions | undefined,
    start: Start<AsyncIterable<T>>,
  ): AsyncGenerator<T> {
    const stopper = new AbortController();
    const ticks = start(withSignal(options, stopper.signal));
    this.#pending.add(stopper);
    try {
      yield* ticks;
    } catch (error) {
      if (stopper.signal.aborted) await new Promise(() => {});
      throw error;
    } finally {
      this.#pending.delete(stopper);
    }
  }
}

function withSignal(options: TimerOptions = {}, stop: AbortSignal): TimerOptions {
  const { signal } = options;
  return { ...options, signal: signal ? AbortSignal.any([signal, stop]) : stop };
}

interface TimerOptions {
  readonly ref?: boolean;
  readonly signal?: AbortSignal;
}
