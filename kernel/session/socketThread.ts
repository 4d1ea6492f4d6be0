import { Worker } from "node:worker_threads";
import type { CompiledScript } from "../debugger/cellScript.ts";
import type { DebugAnswer } from "../debugger/debugTarget.ts";
import type { Header } from "../protocol/messages.ts";
import type { ToMain, ToWorker, WorkerOptions } from "../transport/bridge.ts";
import type { Outgoing } from "../transport/outgoing.ts";
import { SharedState } from "../transport/sharedState.ts";
import type { StreamName } from "../transport/streamCoalescer.ts";

/** Of this module: cells may put something else in the place of JSON's. */
const { stringify } = JSON;

/** How long the end of the process may wait for a socket thread that does not end: it has far less to do. */
const LONGEST_CLOSE_MS = 10_000;

/** The main thread's end of the socket thread. */
export class SocketThread {
  readonly shared = new SharedState();
  readonly #worker: Worker;
  /** What waits for the breakpoints of a script, by its URL. */
  readonly #announced = new Map<string, () => void>();
  #isDebugged = false;
  #hasEnded = false;

  constructor(script: URL, options: Omit<WorkerOptions, "sharedMemory">) {
    const workerData: WorkerOptions = { ...options, sharedMemory: this.shared.memory };
    this.#worker = new Worker(script, { workerData, stdout: false, stderr: false });
    for (const end of ["exit", "error"] as const) {
      this.#worker.on(end, () => {
        this.#hasEnded = true;
      });
    }
    this.#worker.on("message", (message: ToMain) => {
      if (message.kind === "debugging") this.#isDebugged = message.isAttached;
      else if (message.kind === "scriptReady") this.#announced.get(message.url)?.();
    });
  }

  onMessage(listener: (message: ToMain) => void): void {
    this.#worker.on("message", listener);
  }

  onError(listener: (error: Error) => void): void {
    this.#worker.on("error", listener);
  }

  /** Lets the last messages leave; resolves when the thread has ended. */
  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.#worker.once("exit", resolve));
    this.#post({ kind: "close" });
    await ended;
  }

  /** As `close`, where the process is about to end: holds this thread meanwhile. */
  closeNow(): void {
    if (this.#hasEnded) return;
    this.#post({ kind: "close" });
    this.shared.waitUntilClosed(LONGEST_CLOSE_MS);
  }

  /**
   * Sends a message whose content and metadata are JSON; they are written here, so that who sends hears of what cannot be.
   * @throws RangeError if the text of it is longer than V8 allows
   */
  readonly send = (message: Outgoing): void => {
    const { content, metadata = {}, buffers = [] } = message;
    const written = {
      ...message,
      content: stringify(content),
      metadata: stringify(metadata),
    };
    const transfer = buffers.map((buffer) => buffer.buffer as ArrayBuffer);
    this.#post({ kind: "send", message: written }, transfer);
  };

  stream(name: StreamName, text: string, parent: Header | Record<string, never>): void {
    this.#post({ kind: "stream", chunk: { name, text, parent } });
  }

  status(state: "busy" | "idle", parent: Header): void {
    this.#post({ kind: "status", state, parent });
  }

  /** Says that an interrupt was taken, after what was sent before it. */
  interrupted(): void {
    this.#post({ kind: "interrupted" });
  }

  /** Says that SIGINT came, where that thread does not hear of it by itself. */
  signalled(): void {
    this.#post({ kind: "signal" });
  }

  /** Tells the debugger of a compiled cell; resolves when its breakpoints are set, at once where none is attached. */
  async announce(script: CompiledScript): Promise<void> {
    this.#post({ kind: "script", script });
    if (!this.#isDebugged) return;
    await new Promise<void>((resolve) => this.#announced.set(script.url, resolve));
    this.#announced.delete(script.url);
  }

  answerDebugger(id: number, answer: DebugAnswer): void {
    this.#post({ kind: "debugAnswer", id, answer });
  }

  #post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
