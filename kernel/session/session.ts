import type { Cell } from "../cell/cell.ts";
import { cellContext } from "../cell/cell.ts";
import { thrownError } from "../cell/errorContent.ts";
import { type DebugQuestion, installDebugTarget } from "../debugger/debugTarget.ts";
import { CommManager } from "../display/comms.ts";
import { showEngineProgress } from "../display/engineProgress.ts";
import { installKernelHost } from "../display/host.ts";
import { ProcessHost } from "../display/processHost.ts";
import { serveWidgetControl } from "../display/widgetControl.ts";
import { KernelError, KeyboardInterrupt } from "../errors.ts";
import { thrownText } from "../language/codeFrame.ts";
import { renewTurns } from "../language/nextTurn.ts";
import { uninterrupted } from "../language/uninterrupted.ts";
import { setTimeout } from "../ownTimers.ts";
import { readMessage, type UnreadMessage } from "../protocol/frames.ts";
import type { Json, Message } from "../protocol/messages.ts";
import { installTerminationPoint } from "../transport/terminationPoint.ts";
import { youngestChild } from "../transport/youngestChild.ts";
import { CellTimers } from "./cellTimers.ts";
import { watchChildWaits } from "./childWaits.ts";
import { ContextHooks } from "./contextHooks.ts";
import type { History } from "./history.ts";
import { NewestFirst } from "./newestFirst.ts";
import { Notebook, type NotebookOptions } from "./notebook.ts";
import { NotebookDebugTarget } from "./notebookDebugTarget.ts";
import { captureOutput } from "./output.ts";
import { completeReply, inspectReply } from "./requests.ts";
import { Shells } from "./shells.ts";
import type { SocketThread } from "./socketThread.ts";
import { Termination } from "./termination.ts";
import { installUserGlobals } from "./userGlobals.ts";

export interface SessionOptions
  extends Omit<NotebookOptions, "hooks" | "onCompiled" | "throwIfInterrupted"> {
  readonly sockets: SocketThread;
  readonly history: History;
}

/** The main-thread side of a kernel: everything but sockets, control and kernel_info. */
export class Session {
  readonly notebook: Notebook;
  readonly host: ProcessHost;
  readonly #sockets: SocketThread;
  readonly #comms: CommManager;
  readonly #shells: Shells;
  readonly #history: History;
  readonly #debugTarget: NotebookDebugTarget;
  readonly #timers = new CellTimers();
  readonly #hooks = new ContextHooks(cellContext);
  readonly #termination: Termination;
  /** What ends the answers that wait for user code, should that be terminated. */
  readonly #awaited = new Set<() => void>();
  readonly #completions = new NewestFirst<Message>((request) => void this.#answer(request));

  constructor({ sockets, history, ...notebookOptions }: SessionOptions) {
    this.#sockets = sockets;
    this.#history = history;
    this.#comms = new CommManager({
      send: sockets.send,
      onError: (error) => this.#printError(error),
    });
    this.notebook = new Notebook({
      ...notebookOptions,
      onCompiled: (script) => sockets.announce(script),
      throwIfInterrupted: () => cellContext.getStore()?.cell?.interruptSignal.throwIfAborted(),
      hooks: {
        wait: (value) => cellContext.getStore()?.cell?.wait(value) ?? value,
        interruptFlag: sockets.shared.interruptFlag,
        takeInterrupt: () => sockets.shared.takeInterrupt(),
      },
    });
    this.#debugTarget = new NotebookDebugTarget(this.notebook);
    this.#termination = new Termination({
      hooks: this.#hooks,
      isInterrupted: () => sockets.shared.isBlocked(),
    });
    this.#shells = new Shells({
      sockets,
      notebook: this.notebook,
      comms: this.#comms,
      history,
    });
    this.host = new ProcessHost({
      send: sockets.send,
      comms: this.#comms,
      lastCell: () => this.#shells.lastCell,
      startTimer: setTimeout,
    });
  }

  /** Takes over this process: its output, its signals, its uncaught errors, its globals. */
  start(): void {
    installTerminationPoint(this.#termination);
    watchChildWaits((run) => this.#waitForChild(run));
    this.#timers.install(() => Boolean(cellContext.getStore()?.cell) && !this.#hooks.isForgetting);
    installKernelHost(this.host);
    installDebugTarget(this.#debugTarget);
    serveWidgetControl(this.host);
    // A notebook that is to come out the same each time has no bars that depend on how fast a machine was.
    if (process.env.VITRINE_PROGRESS !== "off") showEngineProgress();
    installUserGlobals(this.host, {
      prompt: (message, options) => this.#prompt(message, options),
      addPayload: (payload) => this.#cell()?.payload.push(payload),
    });
    captureOutput((name, text) => {
      const sink = cellContext.getStore()?.output;
      if (sink !== undefined) {
        sink.stream(name, text);
        return;
      }
      const cell = this.#cell();
      if (!cell?.isSilent) this.#sockets.stream(name, text, cell?.header ?? {});
    });
    process.on("uncaughtException", (error) => this.#printError(error));
    process.on("unhandledRejection", (error) => this.#printError(error));
    process.on("SIGINT", () => this.#sockets.signalled());
  }

  /** @param isAgain whether it is meant for cells that were told of an interrupt already */
  interrupt(isAgain: boolean): void {
    const { shared } = this.#sockets;
    const hasTerminated = this.#termination.recover();
    // The socket thread must see one of the two for as long as a cell has still to be told or to end.
    shared.isUnwinding = true;
    shared.acknowledgeInterrupt();
    if (hasTerminated) {
      cellContext.enterWith(undefined as never); // this turn may have begun as the code that was ended
      renewTurns();
      this.notebook.forgetUnfinished();
      for (const end of this.#awaited) end();
    }
    this.#sockets.interrupted();
    if (this.#shells.isBusy) this.#shells.interrupt({ hasTerminated, isAgain });
    else if (!isAgain) this.#stopLeftovers(hasTerminated);
    shared.isUnwinding = this.#shells.isUnwinding;
  }

  /** Stops the timers that cells have left behind, and says so. */
  #stopLeftovers(hasTerminated: boolean): void {
    const count = this.#timers.stop();
    const cell = this.#shells.lastCell;
    const done = [
      ...(hasTerminated ? ["ended code"] : []),
      ...(count > 0 ? [`stopped ${count} timer${count === 1 ? "" : "s"}`] : []),
    ];
    if (done.length === 0 || cell === null) return;
    const text = `interrupt: ${done.join(" and ")} of cells that have ended.\n`;
    this.#sockets.stream("stderr", text, cell.header);
  }

  /** The process is about to end. Clients hear so of the cells that run or wait. */
  end(exitCode: number): void {
    this.#shells.end(exitCode);
  }

  deleteSubshell(id: string): void {
    this.#shells.delete(id);
  }

  async answerDebugger(id: number, question: DebugQuestion): Promise<void> {
    const answer = await this.#orTerminated(() => this.#debugTarget.answer(question));
    const { name, message } = new KeyboardInterrupt();
    this.#sockets.answerDebugger(id, answer ?? { error: `${name}: ${message}` });
  }

  /** Runs what calls user code. @returns what it gives, or undefined if user code was terminated before */
  async #orTerminated<Value>(run: () => Promise<Value>): Promise<Value | undefined> {
    let end = (): void => {};
    const terminated = new Promise<undefined>((resolve) => {
      end = () => resolve(undefined);
    });
    this.#awaited.add(end);
    try {
      // In a task of its own: a termination takes with it whatever is on the stack.
      return await Promise.race([Promise.resolve().then(run), terminated]);
    } finally {
      this.#awaited.delete(end);
    }
  }

  /** @throws ProtocolError ERR_PROTOCOL if the metadata or the content of the message are no JSON objects */
  handle(unread: UnreadMessage): void {
    const message = uninterrupted(() => readMessage(unread));
    const { msg_type: type } = message.header;
    if (type === "execute_request") uninterrupted(() => this.#shells.add(message));
    else if (type === "complete_request") this.#completions.add(message);
    else void this.#answer(message);
  }

  async #answer({ header, ids, content, metadata, buffers }: Message): Promise<void> {
    this.#sockets.status("busy", header);
    const reply = (body: Json): void => {
      const type = header.msg_type.replace(/_request$/, "_reply");
      this.#sockets.send({ socket: "shell", ids, type, parent: header, content: body });
    };
    try {
      switch (header.msg_type) {
        case "complete_request":
          reply(uninterrupted(() => completeReply(this.notebook, content)));
          break;
        case "inspect_request":
          reply(uninterrupted(() => inspectReply(this.notebook, content)));
          break;
        case "is_complete_request":
          reply({
            ...uninterrupted(() => this.notebook.language.isComplete(String(content.code ?? ""))),
          });
          break;
        case "history_request":
          reply({ status: "ok", history: this.#history.query(content) });
          break;
        case "comm_info_request": {
          const target = content.target_name;
          reply(this.#comms.info(typeof target === "string" && target !== "" ? target : undefined));
          break;
        }
        case "comm_open":
        case "comm_msg":
        case "comm_close": {
          const over = new AbortController();
          const { signal } = over;
          await this.#orTerminated(() =>
            this.#comms.handle(header, content, metadata, buffers, signal),
          ).finally(() => over.abort());
          break;
        }
      }
    } catch (error) {
      if (header.msg_type.endsWith("_request")) reply({ status: "error", ...thrownError(error) });
      else this.#printError(error);
    } finally {
      this.#sockets.status("idle", header);
    }
  }

  /** A child that an interrupt has stopped is not what the cell fails of. */
  #waitForChild<Result>(run: () => Result): Result {
    const { shared } = this.#sockets;
    const throwIfInterrupted = (): void => {
      if (shared.hasInterrupt()) throw new KeyboardInterrupt();
    };
    try {
      const result = shared.duringChild(youngestChild(), run);
      throwIfInterrupted();
      return result;
    } catch (error) {
      throwIfInterrupted();
      throw error;
    }
  }

  #cell(): Cell | null {
    return cellContext.getStore()?.cell ?? this.#shells.lastCell;
  }

  #printError(error: unknown): void {
    process.stderr.write(`${thrownText(error)}\n`);
  }

  #prompt(message = "", { password = false }: { password?: boolean } = {}): string {
    const cell = this.#cell();
    if (!cell?.allowStdin) {
      throw new KernelError(
        "ERR_STDIN",
        "prompt: expected a front end that can ask for input, got none. Run this cell in a notebook.",
      );
    }
    const { shared } = this.#sockets;
    shared.expectLine();
    this.#sockets.send({
      socket: "stdin",
      ids: cell.ids,
      type: "input_request",
      parent: cell.header,
      content: { prompt: String(message), password: Boolean(password) },
    });
    const line = shared.waitForLine();
    if (line !== null) return line;
    shared.takeInterrupt();
    throw new KeyboardInterrupt();
  }
}
