import { AbortedError } from "./errors.ts";

interface Waiting {
  readonly enter: () => void;
  readonly refuse: (error: AbortedError) => void;
}

/** So many places: whoever waits longest for one has the next that is free. */
export class Places {
  readonly #waiting: Waiting[] = [];
  #free: number;
  #taken = 0;
  #isClosed = false;

  constructor(count: number) {
    this.#free = count;
  }

  /** Places that somebody has. */
  get taken(): number {
    return this.#taken;
  }

  /** How many wait for one. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Waits for a place. @throws AbortedError ERR_ABORTED where the signal fires first, or there will be none any more */
  async take(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) throw aborted(signal);
    if (this.#isClosed) throw new AbortedError();
    if (this.#free > 0) {
      this.#free -= 1;
      this.#taken += 1;
      return;
    }
    let onAbort: (() => void) | undefined;
    try {
      await new Promise<void>((enter, refuse) => {
        const waiting = { enter, refuse };
        this.#waiting.push(waiting);
        onAbort = () => {
          const at = this.#waiting.indexOf(waiting);
          if (at < 0) return; // it has its place by now
          this.#waiting.splice(at, 1);
          refuse(aborted(signal));
        };
        signal?.addEventListener("abort", onAbort, { once: true });
      });
    } finally {
      if (onAbort !== undefined) signal?.removeEventListener("abort", onAbort);
    }
  }

  /** A place is free again. */
  giveBack(): void {
    const next = this.#waiting.shift();
    if (next !== undefined) next.enter();
    else {
      this.#free += 1;
      this.#taken -= 1;
    }
  }

  /** Nobody enters any more; whoever waits is told so. */
  close(): void {
    this.#isClosed = true;
    for (const { refuse } of this.#waiting.splice(0)) refuse(new AbortedError());
  }
}

function aborted(signal: AbortSignal | undefined): AbortedError {
  return new AbortedError(undefined, { cause: signal?.reason });
}
