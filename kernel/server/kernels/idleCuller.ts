import type { CullOptions, ServerLog } from "../serverOptions.ts";
import type { KernelManager } from "./kernelManager.ts";

const LONGEST_INTERVAL_MS = 30_000;

/** Shuts kernels down that nobody used for a while: never busy ones, and those a page is connected to only if asked. */
export class IdleCuller {
  readonly #timer: NodeJS.Timeout;

  constructor(kernels: KernelManager, options: CullOptions, log: ServerLog) {
    const { idleTimeoutMs, connected } = options;
    this.#timer = setInterval(
      () => {
        for (const kernel of kernels.all()) {
          const idleMs = Date.now() - kernel.lastActivityMs;
          const isUsed = kernel.hub.connectionCount > 0 && !connected;
          if (kernel.executionState === "busy" || isUsed || idleMs < idleTimeoutMs) continue;
          log(
            "info",
            `kernel ${kernel.id} (${kernel.name}): idle for ${Math.round(idleMs / 1000)} s, shut down`,
          );
          kernels.shutdown(kernel.id).catch((error: Error) => {
            log("error", `kernel ${kernel.id}: ${error.message}`);
          });
        }
      },
      Math.min(LONGEST_INTERVAL_MS, Math.max(100, idleTimeoutMs / 4)),
    );
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
