import { Session } from "node:inspector";
import { setTimeout as delay } from "node:timers/promises";
import type { SharedState } from "./sharedState.ts";
import { terminationRequest } from "./terminationPoint.ts";
import { treeOf, youngestChild } from "./youngestChild.ts";

/** How long a cell may take to notice an interrupt by itself, at a loop or an await. */
const NOTICE_GRACE_MS = 50;
/** How long a cell that noticed it in a loop may take to let go. */
const LET_GO_GRACE_MS = 1000;
/** How long the main thread gives cells that it told of the interrupt, and a little more. */
const UNWIND_GRACE_MS = 1500;
const BETWEEN_ATTEMPTS_MS = 2;
/** When the main thread is said to be where nothing reaches it. */
const HELD_MS = 5000;
const BETWEEN_CHILDREN_MS = 20;
/** What a child process is sent that the main thread waits for, by how often it was seen. */
const CHILD_SIGNALS: Readonly<Record<number, NodeJS.Signals>> = {
  0: "SIGINT",
  50: "SIGTERM",
  100: "SIGKILL",
};
/** The main thread comes from a child process into Node's own code, where only later attempts end it. */
const CHILD_ATTEMPT = 10;

interface TerminatorOptions {
  readonly shared: SharedState;
  /** Lets the main thread run on if a debugger has stopped it. */
  readonly resume: () => Promise<void>;
  /** Told once if the main thread runs something that cannot be ended. */
  readonly onHeld: () => void;
  /** Interrupts once more. */
  readonly interruptAgain: () => void;
}

/** Ends what holds the main thread after an interrupt, if it does not let go by itself. */
export class Terminator {
  readonly #options: TerminatorOptions;
  #inspector: Session | null = null;
  #isAtWork = false;
  #isClosed = false;

  constructor(options: TerminatorOptions) {
    this.#options = options;
  }

  /** To be called for each interrupt once it is raised. */
  async start(): Promise<void> {
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    const { shared, interruptAgain } = this.#options;
    // The main thread may have heard of the interrupt before this one looks: a cell that was told of it still has to end.
    while ((shared.isBlocked() || shared.isUnwinding) && !this.#isClosed) {
      await this.#endWhatHolds();
      this.#disconnect();
      await this.#until(() => shared.isBlocked() || !shared.isUnwinding, UNWIND_GRACE_MS);
      // A cell that heard of the interrupt may hold the main thread once more before it has ended.
      if (shared.isUnwinding && !shared.isBlocked()) interruptAgain();
    }
    this.#isAtWork = false;
  }

  /** Lets go of the main thread. */
  close(): void {
    this.#isClosed = true;
    this.#disconnect();
  }

  async #endWhatHolds(): Promise<void> {
    const { shared, resume, onHeld } = this.#options;
    const letGo = (): boolean => !shared.isBlocked();
    const children = setInterval(stopChildren(shared), BETWEEN_CHILDREN_MS);
    const held = setTimeout(onHeld, HELD_MS);
    try {
      await this.#until(letGo, NOTICE_GRACE_MS);
      if (!shared.hasInterrupt()) await this.#until(letGo, LET_GO_GRACE_MS);
      for (let attempt = 0; !letGo() && !this.#isClosed; attempt++) {
        if (shared.youngestBefore !== null) attempt = Math.max(attempt, CHILD_ATTEMPT);
        await this.#request(attempt);
        await resume();
        await delay(BETWEEN_ATTEMPTS_MS);
      }
    } finally {
      clearInterval(children);
      clearTimeout(held);
    }
  }

  /** Resolves when the main thread has come to where it can be ended, or was let go of. */
  #request(attempt: number): Promise<void> {
    this.#inspector ??= connect();
    const request = {
      expression: terminationRequest(attempt),
      silent: true,
      disableBreaks: true,
    };
    return new Promise((resolve) => {
      this.#inspector?.post("Runtime.evaluate", request, () => resolve());
    });
  }

  #disconnect(): void {
    this.#inspector?.disconnect();
    this.#inspector = null;
  }

  async #until(isSo: () => boolean, limitMs: number): Promise<void> {
    for (let ms = 0; ms < limitMs && !isSo() && !this.#isClosed; ms += BETWEEN_ATTEMPTS_MS) {
      await delay(BETWEEN_ATTEMPTS_MS);
    }
  }
}

function connect(): Session {
  const session = new Session();
  session.connectToMainThread();
  return session;
}

/** Stops each child process that the main thread waits for, as an interrupt from a terminal would, and then for certain. */
function stopChildren(shared: SharedState): () => void {
  const rounds = new Map<number, number>();
  return () => {
    const before = shared.youngestBefore;
    const child = youngestChild();
    if (before === null || child === before || child === 0) return;
    for (const id of treeOf(child)) {
      const round = rounds.get(id) ?? 0;
      rounds.set(id, round + 1);
      const signal = CHILD_SIGNALS[round];
      if (signal === undefined) continue;
      try {
        process.kill(id, signal);
      } catch {
        // It has ended meanwhile.
      }
    }
  };
}
