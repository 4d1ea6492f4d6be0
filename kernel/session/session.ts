import { type DebugQuestion, installDebugTarget } from "../debugger/debugTarget.ts";
import { CommManager } from "../display/comms.ts";
import { showEngineProgress } from "../display/engineProgress.ts";
import { installKernelHost } from "../display/host.ts";
import { ProcessHost } from "../display/processHost.ts";
import { serveWidgetControl } from "../display/widgetControl.ts";
import { KernelError, KeyboardInterrupt } from "../errors.ts";
import { thrownText } from "../language/codeFrame.ts";
import type { Json, Message } from "../protocol/messages.ts";
import type { Cell } from "./cell.ts";
import { cellContext } from "./cell.ts";
import { thrownError } from "./errorContent.ts";
import type { History } from "./history.ts";
import { NewestFirst } from "./newestFirst.ts";
import { Notebook, type NotebookOptions } from "./notebook.ts";
import { NotebookDebugTarget } from "./notebookDebugTarget.ts";
import { captureOutput } from "./output.ts";
import { completeReply, inspectReply } from "./requests.ts";
import { Shells } from "./shells.ts";
import type { SocketThread } from "./socketThread.ts";
import { installUserGlobals } from "./userGlobals.ts";

export interface SessionOptions
  extends Omit<NotebookOptions, "hooks" | "onCompiled" | "throwIfInterrupted" | "gate"> {
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
      gate: sockets.shared,
      throwIfInterrupted: () => cellContext.getStore()?.cell?.interruptSignal.throwIfAborted(),
      hooks: {
        wait: (value) => cellContext.getStore()?.cell?.wait(value) ?? value,
        interruptFlag: sockets.shared.interruptFlag,
        takeInterrupt: () => sockets.shared.takeInterrupt(),
      },
    });
    this.#debugTarget = new NotebookDebugTarget(this.notebook);
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
    });
  }

  /** Takes over this process: its output, its signals, its uncaught errors, its globals. */
  start(): void {
    installKernelHost(this.host);
    installDebugTarget(this.#debugTarget);
    serveWidgetControl(this.host);
    showEngineProgress();
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
    process.on("SIGINT", () => this.interrupt());
  }

  interrupt(): void {
    this.#sockets.shared.acknowledgeInterrupt();
    this.#sockets.interrupted();
    this.#shells.interrupt();
  }

  /** The process is about to end. Clients hear so of the cells that run or wait. */
  end(exitCode: number): void {
    this.#shells.end(exitCode);
  }

  deleteSubshell(id: string): void {
    this.#shells.delete(id);
  }

  async answerDebugger(id: number, question: DebugQuestion): Promise<void> {
    this.#sockets.answerDebugger(id, await this.#debugTarget.answer(question));
  }

  handle(message: Message): void {
    const { msg_type: type } = message.header;
    if (type === "execute_request") this.#shells.add(message);
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
          reply(completeReply(this.notebook, content));
          break;
        case "inspect_request":
          reply(inspectReply(this.notebook, content));
          break;
        case "is_complete_request":
          reply({ ...this.notebook.language.isComplete(String(content.code ?? "")) });
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
        case "comm_close":
          await this.#comms.handle(header, content, metadata, buffers);
          break;
      }
    } catch (error) {
      if (header.msg_type.endsWith("_request")) reply({ status: "error", ...thrownError(error) });
      else this.#printError(error);
    } finally {
      this.#sockets.status("idle", header);
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
