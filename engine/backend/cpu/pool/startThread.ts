import { BackendError } from "../../../base/errors.ts";
import type { WorkerData } from "./control.ts";
import { workerSource } from "./workerSource.generated.ts";

/** A thread that works for a pool. It keeps no process alive. */
export interface Thread {
  /** Ends it, whatever it does. */
  end(): void;
}

/** Node's threads, without an import that a page would have to resolve. */
const nodeThreads = () => globalThis.process?.getBuiltinModule?.("node:worker_threads");

/** Why memory cannot be shared between threads here, as a clause; null where it can. */
export function whyNotShared(): string | null {
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false)
    if (!nodeThreads()) return "the page is not cross-origin isolated";
  if (!nodeThreads() && typeof Worker === "undefined") return "there are no workers here";
  return null;
}

/**
 * Starts a thread; it begins to work some milliseconds later.
 * @param onFailure told if it cannot start, or ends by itself
 * @throws BackendError ERR_THREADS
 */
export function startThread(data: WorkerData, onFailure: (error: BackendError) => void): Thread {
  const failed = (cause: unknown): BackendError => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new BackendError(
      "ERR_THREADS",
      `cpu: expected a thread that starts, got ${reason}. Use threads: 1.`,
      { cause },
    );
  };
  const threads = nodeThreads();
  try {
    if (threads) {
      const worker = new threads.Worker(workerSource, {
        eval: true,
        name: `vitrine-cpu-${data.thread}`,
        workerData: data,
        execArgv: [], // no loaders
        env: {},
        stdin: false,
      });
      worker.on("error", (error) => onFailure(failed(error)));
      worker.unref();
      return { end: () => void worker.terminate() };
    }
    const url = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
    const worker = new Worker(url, { name: `vitrine-cpu-${data.thread}` });
    worker.addEventListener("error", ({ message }) => onFailure(failed(message)));
    worker.postMessage(data);
    return {
      end() {
        worker.terminate();
        URL.revokeObjectURL(url);
      },
    };
  } catch (error) {
    throw failed(error);
  }
}
