import { bytesOf } from "../../kernel/display/buffers.ts";
import type {
  BinaryBuffer,
  Comm,
  CommMessage,
  JsonObject,
  KernelHost,
} from "../../kernel/display/host.ts";
import type { FromWorker } from "../messages.ts";

type Say = (message: FromWorker, transfer: Transferable[]) => void;

interface OpenComm {
  readonly toWidget: ((message: CommMessage) => void | Promise<void>)[];
  readonly onClose: (() => void)[];
}

/**
 * The kernel's part of comms, played in a worker: widgets open them as in a cell, and their messages go to the page and come from
 * there. Nothing else of a kernel is here, and what widgets do not use is refused.
 */
export class CommHost implements KernelHost {
  readonly sourceCell = null;
  readonly interruptSignal = null;
  readonly requestOver = null;
  readonly #say: Say;
  readonly #comms = new Map<string, OpenComm>();
  #nOpened = 0;

  constructor(say: Say) {
    this.#say = say;
  }

  openComm(
    _target: string,
    data: JsonObject,
    options: { buffers?: readonly BinaryBuffer[] } = {},
  ): Comm {
    this.#nOpened += 1;
    const id = `comm-${this.#nOpened}`;
    const comm: OpenComm = { toWidget: [], onClose: [] };
    this.#comms.set(id, comm);
    this.#send("open", id, data, options.buffers);
    return {
      id,
      send: (sent, { buffers } = {}) => {
        if (this.#comms.has(id)) this.#send("comm", id, sent, buffers);
      },
      close: () => this.close(id),
      onMessage: (listener) => void comm.toWidget.push(listener),
      onClose: (listener) => void comm.onClose.push(listener),
      retain: () => {},
    };
  }

  /** What the page sent to a comm; one that has closed meanwhile hears nothing. */
  async receive(id: string, data: JsonObject, buffers: readonly ArrayBuffer[]): Promise<void> {
    const message: CommMessage = {
      data,
      buffers: buffers.map((buffer) => new DataView(buffer)),
      metadata: {},
    };
    for (const listener of this.#comms.get(id)?.toWidget ?? []) await listener(message);
  }

  /** Ends a comm; a second time it does nothing. */
  close(id: string): void {
    const comm = this.#comms.get(id);
    this.#comms.delete(id);
    for (const listener of comm?.onClose ?? []) listener();
  }

  startTimer(run: () => void, delayMs: number): NodeJS.Timeout {
    return setTimeout(run, delayMs);
  }

  display(): never {
    throw notHere("display");
  }

  clearOutput(): never {
    throw notHere("clearOutput");
  }

  capture(): never {
    throw notHere("capture");
  }

  registerCommTarget(): never {
    throw notHere("registerCommTarget");
  }

  releaseComms(): never {
    throw notHere("releaseComms");
  }

  /** Buffers travel as copies of their own: the widget keeps what it has. */
  #send(
    kind: "open" | "comm",
    id: string,
    data: JsonObject,
    buffers: readonly BinaryBuffer[] = [],
  ): void {
    const copies = buffers.map((buffer) => bytesOf(buffer).slice().buffer as ArrayBuffer);
    this.#say({ kind, id, data, buffers: copies }, copies);
  }
}

const notHere = (what: string): Error =>
  new Error(
    `${what}: expected a kernel with cells, got the worker of a page. Run this in a notebook.`,
  );
