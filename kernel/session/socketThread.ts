import { Worker } from "node:worker_threads";
import type { Header } from "../protocol/messages.ts";
import type { Outgoing, ToMain, ToWorker, WorkerOptions } from "../transport/bridge.ts";
import { SharedState } from "../transport/sharedState.ts";
import type { StreamName } from "../transport/streamCoalescer.ts";

/** The main thread's end of the socket thread. */
export class SocketThread {
  readonly shared = new SharedState();
  readonly #worker: Worker;

  constructor(script: URL, options: Omit<WorkerOptions, "sharedMemory" | "canSignal">) {
    const workerData: WorkerOptions = {
      ...options,
      sharedMemory: this.shared.memory,
      canSignal: process.platform !== "win32",
    };
    this.#worker = new Worker(script, { workerData, stdout: false, stderr: false });
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

  readonly send = (message: Outgoing): void => {
    const transfer = (message.buffers ?? []).map((buffer) => buffer.buffer as ArrayBuffer);
    this.#post({ kind: "send", message }, transfer);
  };

  stream(name: StreamName, text: string, parent: Header | Record<string, never>): void {
    this.#post({ kind: "stream", chunk: { name, text, parent } });
  }

  status(state: "busy" | "idle", parent: Header): void {
    this.#post({ kind: "status", state, parent });
  }

  #post(message: ToWorker, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}
