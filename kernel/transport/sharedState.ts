/** Most bytes of one line that `prompt()` can read. */
const STDIN_SIZE_BYTES = 1 << 16;

const INTERRUPT = 0;
const STDIN_STATE = 1;
const STDIN_LENGTH = 2;
const UNACKNOWLEDGED = 3;
const GATE = 4;
/** Always 0 and never notified: a place to wait for a while. */
const NEVER = 5;
const SOCKETS_CLOSED = 6;
const HEADER_SIZE_BYTES = 28;

const WAITING = 0;
const ANSWERED = 1;
const INTERRUPTED = 2;

const OPEN = 0;
const CLOSED = 1;
const SENDING = 2;
const SENT = 3;
/** A wait in which the main thread takes a signal that has been sent: whatever wakes it, the signal's handler runs first. */
const DELIVERY_MS = 20;

/**
 * Memory that the socket thread and the main thread share, for what must pass while user code blocks the main
 * thread: a pending interrupt, and the answer to `prompt()`.
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
    this.openToSignals();
    Atomics.store(this.#words, UNACKNOWLEDGED, 0);
    Atomics.store(this.#words, INTERRUPT, 0);
  }

  /** One word that is not 0 while an interrupt is pending, for loops that cannot afford more than a read. */
  get interruptFlag(): Int32Array {
    return this.#words.subarray(INTERRUPT, INTERRUPT + 1);
  }

  /** Clears the pending interrupt; true if there was one. */
  takeInterrupt(): boolean {
    return Atomics.exchange(this.#words, INTERRUPT, 0) !== 0;
  }

  /**
   * Keeps signals out while Node hands them from its listeners to `breakOnSigint` and back: for that moment nobody listens, and
   * SIGINT would end the process. Waits for one that is on its way.
   */
  closeToSignals(): void {
    const words = this.#words;
    for (;;) {
      const before = Atomics.compareExchange(words, GATE, OPEN, CLOSED);
      if (before === OPEN || before === CLOSED) return;
      Atomics.wait(words, NEVER, 0, DELIVERY_MS); // the signal is taken before this thread goes on
      if (before === SENT && Atomics.compareExchange(words, GATE, SENT, CLOSED) === SENT) return;
    }
  }

  /** A signal that is just being sent stays on its way: closing waits for it. */
  openToSignals(): void {
    Atomics.compareExchange(this.#words, GATE, CLOSED, OPEN);
    Atomics.compareExchange(this.#words, GATE, SENT, OPEN);
    Atomics.notify(this.#words, GATE);
  }

  /**
   * Sends a signal when somebody listens to it, however long that takes: the gate is closed for moments only. Where one is on
   * its way already, another is not sent: the main thread may have left the code that the first one ended, and be just
   * where nobody listens.
   */
  signal(send: () => void): void {
    const words = this.#words;
    for (;;) {
      const before = Atomics.compareExchange(words, GATE, OPEN, SENDING);
      if (before === OPEN) break;
      if (before === SENT) return;
      Atomics.wait(words, GATE, before);
    }
    send();
    Atomics.compareExchange(words, GATE, SENDING, SENT);
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
