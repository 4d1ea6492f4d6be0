import type { Cell } from "../cell/cell.ts";
import type { Message } from "../protocol/messages.ts";
import {
  ExecutionQueue,
  type ExecutionState,
  type Interrupt,
  type QueueOptions,
} from "./execution.ts";

/**
 * The main shell and its subshells (JEP 91): a queue of cells each, on one scope and one thread. Within a queue cells run
 * one after the other; cells of different queues take turns where they await. The execution count is common.
 */
export class Shells {
  readonly #options: Omit<QueueOptions, "state">;
  readonly #state: ExecutionState = {
    lastCell: null,
    count: 0,
    unnumberedCount: 0,
    unwinding: new Set(),
  };
  readonly #main: ExecutionQueue;
  readonly #subshells = new Map<string, ExecutionQueue>();
  readonly #deleted = new Set<string>();

  constructor(options: Omit<QueueOptions, "state">) {
    this.#options = options;
    this.#main = this.#createQueue();
  }

  /** The cell that started last, in whichever shell. */
  get lastCell(): Cell | null {
    return this.#state.lastCell;
  }

  /** Queues an execute_request in the shell that its header names. */
  add(request: Message): void {
    this.#sweep();
    const { subshell_id: id } = request.header;
    if (!id) {
      this.#main.add(request);
      return;
    }
    let queue = this.#subshells.get(id);
    if (queue === undefined) {
      queue = this.#createQueue();
      this.#subshells.set(id, queue);
    }
    queue.add(request);
  }

  /** Whether a cell of any shell runs or waits. */
  get isBusy(): boolean {
    return [this.#main, ...this.#subshells.values()].some(({ isBusy }) => isBusy);
  }

  /** Whether cells that were told of an interrupt have still to end. */
  get isUnwinding(): boolean {
    return this.#state.unwinding.size > 0;
  }

  /** Interrupts the running cells of all shells. */
  interrupt(how: Interrupt): void {
    this.#main.interrupt(how);
    for (const queue of this.#subshells.values()) queue.interrupt(how);
  }

  /** Answers what runs and what waits in all shells: the process is about to end. */
  end(exitCode: number): void {
    this.#main.end(exitCode);
    for (const queue of this.#subshells.values()) queue.end(exitCode);
  }

  /** Forgets a subshell once what was sent to it has run. */
  delete(id: string): void {
    this.#deleted.add(id);
    this.#sweep();
  }

  #createQueue(): ExecutionQueue {
    return new ExecutionQueue({ ...this.#options, state: this.#state });
  }

  #sweep(): void {
    for (const id of this.#deleted) {
      if (this.#subshells.get(id)?.isBusy) continue;
      this.#subshells.delete(id);
      this.#deleted.delete(id);
    }
  }
}
