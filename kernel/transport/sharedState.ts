/** Most bytes of one line that `prompt()` can read. */
const STDIN_SIZE_BYTES = 1 << 16;

const INTERRUPT = 0;
const STDIN_STATE = 1;
const STDIN_LENGTH = 2;
const UNACKNOWLEDGED = 3;
const UNWINDING = 4;
const CHILD = 5;
const SOCKETS_CLOSED = 6;
const HEADER_SIZE_BYTES = 28;

const WAITING = 0;
const ANSWERED = 1;
const INTERRUPTED = 2;

/**
 * Memory that the socket thread and the main thread share, for what must pass while user code blocks the main
 * thread: a pending interrupt, the answer to `prompt()`, and whether a child process is waited for.
 */
export class SharedState {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #text: Uint8Array;

  constructor(memory = new SharedArrayBuffer(HEADER_SIZE_BYTES + STDIN_SIZE_BYTES)) {
    this.memory = memory;
    this.#words = new Int32Array(memory, 0, HEADER_SIZE_BYTES / 4);
    this.#text = new Uint8Array(memory, HEADER_SIZE_BYTES);
  }

  /** Marks an interrupt as pending and wakes a waiting `prompt()`. */
  raiseInterrupt(): void {
    Atomics.store(this.#words, UNACKNOWLEDGED, 1);
    Atomics.store(this.#words, INTERRUPT, 1);
    if (Atomics.compareExchange(this.#words, STDIN_STATE, WAITING, INTERRUPTED) === WAITING) {
      Atomics.notify(this.#words, STDIN_STATE);
    }
  }

  /** True until a loop of the cell, or the main thread's event loop, took the interrupt. */
  hasInterrupt(): boolean {
    return Atomics.load(this.#words, INTERRUPT) !== 0;
  }

  /** True until the main thread's event loop ran after the interrupt. */
  isBlocked(): boolean {
    return Atomics.load(this.#words, UNACKNOWLEDGED) !== 0;
  }

  /** Called from the main thread's event loop: the interrupt is being handled there. */
  acknowledgeInterrupt(): void {
    Atomics.store(this.#words, UNACKNOWLEDGED, 0);
    Atomics.store(this.#words, INTERRUPT, 0);
    Atomics.store(this.#words, CHILD, 0); // what waits for one holds the thread
  }

  /** One word that is not 0 while an interrupt is pending, for loops that cannot afford more than a read. */
  get interruptFlag(): Int32Array {
    return this.#words.subarray(INTERRUPT, INTERRUPT + 1);
  }

  /** Clears the pending interrupt; true if there was one. */
  takeInterrupt(): boolean {
    return Atomics.exchange(this.#words, INTERRUPT, 0) !== 0;
  }

  /** Whether cells have still to be told of an interrupt that the event loop has heard of, or to end after it. */
  set isUnwinding(isUnwinding: boolean) {
    Atomics.store(this.#words, UNWINDING, isUnwinding ? 1 : 0);
  }

  get isUnwinding(): boolean {
    return Atomics.load(this.#words, UNWINDING) !== 0;
  }

  /**
   * Runs what starts a child process and waits for it.
   * @param youngest id of the child that was started last before; 0 if there is none
   */
  duringChild<Result>(youngest: number, run: () => Result): Result {
    Atomics.store(this.#words, CHILD, youngest + 1);
    try {
      return run();
    } finally {
      Atomics.store(this.#words, CHILD, 0);
    }
  }

  /** What `duringChild` was told, while the main thread waits for a child; else null. */
  get youngestBefore(): number | null {
    const word = Atomics.load(this.#words, CHILD);
    return word === 0 ? null : word - 1;
  }

  /** Says, from the socket thread, that what there was to send has been handed to the sockets and these are closed. */
  announceClosed(): void {
    Atomics.store(this.#words, SOCKETS_CLOSED, 1);
    Atomics.notify(this.#words, SOCKETS_CLOSED);
  }

  /** Blocks this thread until the sockets are closed, or for `mostMs` if that never happens. */
  waitUntilClosed(mostMs: number): void {
    Atomics.wait(this.#words, SOCKETS_CLOSED, 0, mostMs);
  }

  /** Forgets older answers; call before the input_request is sent. */
  expectLine(): void {
    Atomics.store(this.#words, STDIN_STATE, WAITING);
  }

  /** Blocks this thread until a line arrives; null if it was interrupted instead. */
  waitForLine(): string | null {
    Atomics.wait(this.#words, STDIN_STATE, WAITING);
    if (Atomics.load(this.#words, STDIN_STATE) !== ANSWERED) return null;
    const length = Atomics.load(this.#words, STDIN_LENGTH);
    return Buffer.from(this.#text.slice(0, length)).toString();
  }

  /** Hands a line to the waiting thread; what exceeds 64 KiB is cut. */
  answerLine(line: string): void {
    const { written } = new TextEncoder().encodeInto(line, this.#text);
    Atomics.store(this.#words, STDIN_LENGTH, written);
    if (Atomics.compareExchange(this.#words, STDIN_STATE, WAITING, ANSWERED) === WAITING) {
      Atomics.notify(this.#words, STDIN_STATE);
    }
  }
}
