/** With what Node itself knows of its timers. */
type Timer = (NodeJS.Timeout | NodeJS.Immediate) & {
  /** Will not fire any more. */
  readonly _destroyed?: boolean;
  /** Place of a timeout in the list of those that wait; null outside, as when an interrupt has ended it. */
  readonly _idleNext?: object | null;
};

const FUNCTIONS = ["setTimeout", "setInterval", "setImmediate"] as const;
const FEWEST_BETWEEN_SWEEPS = 1000;

/**
 * Timers that cells started with the global functions and that are still to fire. The kernel's own come from `node:timers`, which
 * this leaves as it is.
 */
export class CellTimers {
  #timers = new Set<WeakRef<Timer>>();
  #sizeToSweep = FEWEST_BETWEEN_SWEEPS;

  /** @param isOfCell whether the code that runs belongs to a cell */
  install(isOfCell: () => boolean): void {
    for (const name of FUNCTIONS) {
      const start = globalThis[name] as (...parameters: unknown[]) => Timer;
      const startAndRemember = (...parameters: unknown[]): Timer => {
        const timer = start(...parameters);
        if (isOfCell()) this.#remember(timer);
        return timer;
      };
      // Its name, its length, and how `promisify` treats it.
      Object.defineProperties(startAndRemember, Object.getOwnPropertyDescriptors(start));
      Object.defineProperty(globalThis, name, {
        value: startAndRemember,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  }

  /** Stops them all. @returns how many there were */
  stop(): number {
    const timers = [...this.#pending()];
    for (const timer of timers) clearTimeout(timer as NodeJS.Timeout); // clears immediates and intervals as well
    for (const timer of timers) clearImmediate(timer as NodeJS.Immediate);
    this.#timers.clear();
    return timers.length;
  }

  #remember(timer: Timer): void {
    this.#timers.add(new WeakRef(timer));
    if (this.#timers.size < this.#sizeToSweep) return;
    this.#timers = new Set([...this.#pending()].map((pending) => new WeakRef(pending)));
    this.#sizeToSweep = Math.max(FEWEST_BETWEEN_SWEEPS, 2 * this.#timers.size);
  }

  *#pending(): Iterable<Timer> {
    for (const reference of this.#timers) {
      const timer = reference.deref();
      if (timer !== undefined && isPending(timer)) yield timer;
    }
  }
}

function isPending(timer: Timer): boolean {
  if (timer._destroyed === true) return false;
  return !("refresh" in timer) || timer._idleNext !== null;
}
