import { Cell, cellContext } from "../cell/cell.ts";
import {
  compileError,
  type ErrorContent,
  exitError,
  thrownError,
  typeErrorText,
} from "../cell/errorContent.ts";
import { toMimeBundle } from "../display/bundle.ts";

import type { CommManager } from "../display/comms.ts";
import type { MimeBundle } from "../display/host.ts";
import { KeyboardInterrupt } from "../errors.ts";
import { nextTurn } from "../language/nextTurn.ts";
import { isInstance, safely } from "../language/safely.ts";
import { uninterrupted } from "../language/uninterrupted.ts";
import { delay, setTimeout } from "../ownTimers.ts";
import type { ExecuteRequest, Json, Message } from "../protocol/messages.ts";
import type { History } from "./history.ts";
import { CompileFailure, type Notebook } from "./notebook.ts";
import type { SocketThread } from "./socketThread.ts";
import { tidyHeap } from "./tidyHeap.ts";

/** How long requests that were sent together with a cell that failed at once may take to get here, to be aborted. */
const STOP_GRACE_MS = 20;
/** How long an interrupted cell may take to unwind before it is given up. */
const UNWIND_GRACE_MS = 1000;
/** Turns of the event loop in which a cell that was not ended itself goes on with something. */
const UNWIND_TURNS = 3;

type Outcome = { readonly value: unknown } | { readonly error: ErrorContent };

/** What the queues of one kernel share. */
export interface ExecutionState {
  /** The cell that started last, whether or not it still runs. */
  lastCell: Cell | null;
  /** Executions so far that went into the history. */
  count: number;
  /** Executions so far that did not. */
  unnumberedCount: number;
  /** Cells that were interrupted and have not ended. */
  readonly unwinding: Set<Cell>;
}

export interface Interrupt {
  /** Whether user code was ended for it, which may be the cell's. */
  readonly hasTerminated: boolean;
  /** Whether it is meant for cells that were told of one already. */
  readonly isAgain: boolean;
}

export interface QueueOptions {
  readonly sockets: SocketThread;
  readonly notebook: Notebook;
  readonly comms: CommManager;
  readonly history: History;
  readonly state: ExecutionState;
}

/** Runs execute_requests one after the other. */
export class ExecutionQueue {
  readonly #options: QueueOptions;
  readonly #waiting: Message[] = [];
  #isDraining = false;
  /** What is being carried out, with its reply as soon as that is known, until that is sent. */
  #current: { readonly request: Message; reply: Json | null } | null = null;
  #onInterrupt: ((how: Interrupt) => void) | null = null;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  add(request: Message): void {
    this.#waiting.push(request);
    if (!this.#isDraining) void this.#drain();
  }

  /** Whether a cell runs or waits. */
  get isBusy(): boolean {
    return this.#isDraining;
  }

  /** Interrupts the running cell, if any. */
  interrupt(how: Interrupt): void {
    this.#onInterrupt?.(how);
  }

  /** Replies to the cell that ends the process, and aborts those that wait. */
  end(exitCode: number): void {
    const { sockets, state } = this.#options;
    const current = this.#current;
    this.#current = null;
    if (current !== null) {
      const { header, ids } = current.request;
      const count = { execution_count: state.count };
      const error = current.reply === null ? exitError(exitCode) : null;
      if (error !== null)
        sockets.send({ socket: "iopub", type: "error", parent: header, content: error });
      const ended =
        error === null
          ? { status: "ok", ...count, user_expressions: {}, payload: [] }
          : { status: "error", ...count, ...error };
      this.#reply(header, ids, current.reply ?? ended);
      sockets.status("idle", header);
    }
    for (const waiting of this.#waiting.splice(0)) this.#abort(waiting);
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    for (let request = this.#waiting.shift(); request; request = this.#waiting.shift()) {
      try {
        for (const aborted of await this.#execute(request)) this.#abort(aborted);
      } catch (error) {
        void Promise.reject(error); // told like any that nobody caught; the queue goes on
      }
      tidyHeap();
    }
    this.#isDraining = false;
  }

  #abort({ header, ids }: Message): void {
    const { sockets } = this.#options;
    sockets.status("busy", header);
    this.#reply(header, ids, { status: "aborted" }); // no count: the cell did not run
    sockets.status("idle", header);
  }

  /** @returns the queued requests that are to be aborted because this one failed */
  async #execute(message: Message): Promise<Message[]> {
    const { header, ids, content, metadata } = message;
    const { sockets, state } = this.#options;
    const request = content as unknown as ExecuteRequest;
    const cell = new Cell({
      header,
      ids,
      cellId: typeof metadata.cellId === "string" ? metadata.cellId : null,
      source: request.code,
      isSilent: request.silent === true,
      allowStdin: request.allow_stdin === true,
    });
    state.lastCell = cell;
    const current = { request: message, reply: null as Json | null };
    this.#current = current;

    sockets.status("busy", header);
    let reply: Json;
    try {
      reply = await this.#run(cell, message);
    } catch (error) {
      reply = { status: "error", execution_count: state.count, ...thrownError(error) };
    }
    current.reply = reply;
    cell.end();
    // Messages that came while the cell held the thread are handled here, before its client hears that it ended:
    // interrupts meant for it, and requests queued behind it.
    await nextTurn();
    const { stop_on_error: stopOnError = true } = request;
    const isStopped = reply.status === "error" && stopOnError;
    if (isStopped) await delay(STOP_GRACE_MS);
    const aborted = isStopped ? this.#waiting.splice(0) : [];
    try {
      this.#reply(header, ids, reply, { vitrine: cell.names });
    } finally {
      sockets.status("idle", header);
      this.#current = null;
    }
    return aborted;
  }

  /** @returns the content of the reply */
  async #run(cell: Cell, { header, content, metadata }: Message): Promise<Json> {
    const { sockets, comms, history, state } = this.#options;
    const { cellId, isSilent } = cell;
    const request = content as unknown as ExecuteRequest;
    const isStored = !isSilent && request.store_history !== false;
    if (isStored) uninterrupted(() => history.add(++state.count, request.code));
    else state.unnumberedCount++;
    const { count, unnumberedCount } = state;
    const label = isStored ? `Cell [${count}]` : `Cell [unnumbered ${unnumberedCount}]`;
    const publish = (type: string, data: Json): void => {
      if (!isSilent) sockets.send({ socket: "iopub", type, parent: header, content: data });
    };
    publish("execute_input", { code: request.code, execution_count: count });

    return await cellContext.run({ cell, request: header }, async (): Promise<Json> => {
      const outcome = await this.#settle(cell, async () => {
        for (const id of [cellId, ...deletedCells(metadata)]) if (id !== null) comms.release(id);
        const data = await this.#evaluate(request.code, label, {
          onTypeErrors: (errors) => {
            const text = typeErrorText(request.code, label, errors);
            if (!isSilent) sockets.stream("stderr", text, header);
          },
          onNames: (names) => {
            cell.names = names;
          },
        });
        if (data === undefined || !cell.isRunning) return;
        publish("execute_result", { execution_count: count, data, metadata: {} });
        const text = data["text/plain"];
        if (isStored) history.setOutput(count, typeof text === "string" ? text : "");
      });
      if ("error" in outcome) {
        if (outcome.error.ename === "KeyboardInterrupt") sockets.interrupted();
        publish("error", outcome.error);
        return { status: "error", execution_count: count, ...outcome.error };
      }
      const userExpressions = await this.#userExpressions(cell, request.user_expressions ?? {});
      return {
        status: "ok",
        execution_count: count,
        user_expressions: userExpressions,
        payload: cell.payload,
      };
    });
  }

  /** The MIME bundle of the cell's value, or undefined if it has none. */
  async #evaluate(
    code: string,
    label: string,
    told: Parameters<Notebook["run"]>[2] = {},
  ): Promise<MimeBundle | undefined> {
    if (code.trim() === "") return undefined;
    try {
      const value = await this.#options.notebook.run(code, label, told);
      return value === undefined ? undefined : await toMimeBundle(value);
    } catch (error) {
      if (isInstance(error, CompileFailure)) {
        throw new CompileError(compileError(code, label, error.diagnostics));
      }
      throw error;
    }
  }

  /** Runs to the end, or until an interrupted cell has had its time to unwind. */
  #settle(cell: Cell, run: () => Promise<unknown>): Promise<Outcome> {
    return new Promise((resolve) => {
      let isSettled = false;
      const finish = (outcome: Outcome): void => {
        if (isSettled) return; // given up: the next cell may run
        isSettled = true;
        this.#onInterrupt = null;
        // What goes on must not be lost with promises of the cell's that are terminated.
        void nextTurn().then(() => {
          this.#unwinds(cell, false);
          resolve(outcome);
        });
      };
      const giveUp = (): void => {
        if (isSettled) return;
        cell.abandon();
        finish({ error: thrownError(cell.interruptSignal.reason) });
      };
      this.#onInterrupt = ({ hasTerminated, isAgain }): void => {
        if (isAgain && !cell.interruptSignal.aborted) return;
        this.#unwinds(cell, true);
        cell.interrupt();
        setTimeout(giveUp, UNWIND_GRACE_MS);
        if (hasTerminated) void turns(UNWIND_TURNS).then(() => !cell.isWaiting && giveUp());
      };
      // In a task of its own: a termination takes with it whatever is on the stack.
      const running = Promise.resolve().then(run);
      running.then(
        (value) => finish({ value }),
        (error) => finish({ error: errorContent(error, cell) }),
      );
    });
  }

  #unwinds(cell: Cell, isUnwinding: boolean): void {
    const { sockets, state } = this.#options;
    if (isUnwinding) state.unwinding.add(cell);
    else state.unwinding.delete(cell);
    sockets.shared.isUnwinding = state.unwinding.size > 0;
  }

  async #userExpressions(cell: Cell, expressions: Readonly<Record<string, string>>): Promise<Json> {
    const results: Json = {};
    for (const [name, code] of Object.entries(expressions)) {
      const outcome = await this.#settle(cell, () => this.#evaluate(`(${code}\n)`, name));
      results[name] =
        "error" in outcome
          ? { status: "error", ...outcome.error }
          : { status: "ok", data: outcome.value ?? { "text/plain": "undefined" }, metadata: {} };
    }
    return results;
  }

  #reply(header: Message["header"], ids: Message["ids"], content: Json, metadata: Json = {}): void {
    const { sockets } = this.#options;
    const reply = {
      ...({ socket: "shell", type: "execute_reply" } as const),
      ...{ ids, parent: header, metadata },
    };
    try {
      sockets.send({ ...reply, content });
    } catch (error) {
      sockets.send({ ...reply, content: { status: "error", ...thrownError(error) } });
    }
  }
}

/** Carries a compile error through the same path as what cells throw. */
class CompileError extends Error {
  readonly content: ErrorContent;
  constructor(content: ErrorContent) {
    super(content.evalue);
    this.content = content;
  }
}

function errorContent(error: unknown, cell: Cell): ErrorContent {
  if (isInstance(error, CompileError)) return error.content;
  const isInterrupt =
    cell.interruptSignal.aborted &&
    safely(
      () => isAbort(error),
      () => false,
    );
  return thrownError(isInterrupt ? new KeyboardInterrupt() : error);
}

function isAbort(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return name === "AbortError" || code === "ERR_ABORTED" || code === "ABORT_ERR";
}

function deletedCells(metadata: Json): string[] {
  const ids = metadata.deletedCells;
  return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === "string") : [];
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn();
}
