import { AsyncLocalStorage } from "node:async_hooks";
import { setMaxListeners } from "node:events";
import { KeyboardInterrupt } from "../errors.ts";
import type { CellNames } from "../language/cellNames.ts";
import type { Header, Json } from "../protocol/messages.ts";
import type { OutputSink } from "./outputSink.ts";

type CellState = "running" | "ended" | "abandoned";

/** One execution of one cell: where its output goes, and whether it may still run. */
export class Cell {
  /** Header of the execute_request; the parent of everything the cell publishes. */
  readonly header: Header;
  readonly ids: readonly Uint8Array[];
  /** The front end's id of the cell, the same each time it is run; null if it sends none. */
  readonly cellId: string | null;
  /** Its text; empty where it is not known. */
  readonly source: string;
  readonly isSilent: boolean;
  readonly allowStdin: boolean;
  /** What the execute_reply asks the front end to do: show a pager, prepare the next cell. */
  readonly payload: Json[] = [];
  /** The names that it touches; none where it was not compiled. */
  names: CellNames = { declares: [], reads: [] };
  readonly #controller = new AbortController();
  readonly #waiting = new Set<(reason: unknown) => void>();
  #state: CellState = "running";

  constructor(options: {
    header: Header;
    ids: readonly Uint8Array[];
    cellId: string | null;
    source?: string;
    isSilent: boolean;
    allowStdin: boolean;
  }) {
    setMaxListeners(0, this.#controller.signal); // whatever the cell starts at once may listen to it
    this.header = options.header;
    this.ids = options.ids;
    this.cellId = options.cellId;
    this.source = options.source ?? "";
    this.isSilent = options.isSilent;
    this.allowStdin = options.allowStdin;
  }

  get interruptSignal(): AbortSignal {
    return this.#controller.signal;
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  /** Whether something that it awaits can still settle. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  get isAbandoned(): boolean {
    return this.#state === "abandoned";
  }

  /** Rejects what the cell awaits with KeyboardInterrupt, and aborts its signal. */
  interrupt(): void {
    const reason = new KeyboardInterrupt();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.#controller.abort(reason);
    for (const reject of waiting) reject(reason);
  }

  /** After its reply: what it started may go on, but can no longer be interrupted. */
  end(): void {
    if (this.#state === "running") this.#state = "ended";
    this.#waiting.clear();
  }

  /** An interrupted cell that did not stop: its code halts at its next await, for good. */
  abandon(): void {
    this.#state = "abandoned";
  }

  /** What `await value` in a cell waits for: `value`, or the interrupt if that comes first. */
  wait<Value>(value: Value): Value | Promise<Awaited<Value>> {
    if (!isThenable(value) || this.#state === "ended") return value;
    if (this.#state === "abandoned") return new Promise(() => {});
    return this.#waitFor(value as PromiseLike<Awaited<Value>>);
  }

  /**
   * For stack traces to name the await in the cell, V8 must find nothing between it and what it waits for but awaits and a
   * promise's own functions.
   */
  async #waitFor<Value>(value: PromiseLike<Value>): Promise<Value> {
    let interrupt: ((reason: unknown) => void) | undefined;
    try {
      return await new Promise<Value>((resolve, reject) => {
        interrupt = reject;
        this.#waiting.add(reject);
        value.then(resolve, reject);
      });
    } finally {
      if (interrupt !== undefined) this.#waiting.delete(interrupt);
      if (this.isAbandoned) await new Promise(() => {});
    }
  }
}

/** What the code at hand belongs to: the cell that started it, and the request being served if that is another. */
export interface CellContext {
  /** Where output goes; null for code that no cell started. */
  readonly cell: Cell | null;
  /** Parent of comm messages; the cell's own header unless a comm message is being handled. */
  readonly request: Header | Record<string, never>;
  /** Fires when that request has been dealt with, or the code that did so was ended. */
  readonly over?: AbortSignal;
  /** Takes the output instead of the cell. */
  readonly output?: OutputSink;
}

/** Follows code through callbacks and promises, so that late output goes to the cell that started it. */
export const cellContext = new AsyncLocalStorage<CellContext>();

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
