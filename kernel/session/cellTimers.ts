import { syncBuiltinESMExports } from "node:module";
import timerModule from "node:timers";
import { CellDelays } from "./cellDelays.ts";

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
 * Timers that cells started and that are still to fire, with the global functions, `node:timers` or `node:timers/promises`. The
 * kernel's own come from `ownTimers.ts`.
 */
export class CellTimers {
  readonly #delays = new CellDelays();
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
      for (const holder of [globalThis, timerModule]) {
        Object.defineProperty(holder, name, {
          value: startAndRemember,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      }
    }
    this.#delays.install(isOfCell);
    syncBuiltinESMExports();
  }

  /** Stops them all. @returns how many there were */
  stop(): number {
    const timers = [...this.#pending()];
    for (const timer of timers) clearTimeout(timer as NodeJS.Timeout); // clears immediates and intervals as well
    for (const timer of timers) clearImmediate(timer as NodeJS.Immediate);
    this.#timers.clear();
    return timers.length + this.#delays.stop();
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
