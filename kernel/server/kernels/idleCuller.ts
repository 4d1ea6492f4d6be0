import type { ServerLog } from "../serverLog.ts";
import type { CullOptions } from "../serverOptions.ts";
import { SYSTEM_CLOCK } from "./cullClock.ts";

const LONGEST_INTERVAL_MS = 30_000;

/** What the culler asks of a kernel. */
export interface CullCandidate {
  readonly id: string;
  readonly name: string;
  readonly isIdle: boolean;
  readonly lastActivityMs: number;
  readonly hub: { readonly connectionCount: number };
}

export interface CullCandidates {
  all(): readonly CullCandidate[];
  shutdown(id: string): Promise<void>;
}

/**
 * Shuts kernels down that nobody used for a while: never one that is busy or still starts, and those a page is connected
 * to only if asked.
 */
export class IdleCuller {
  readonly #stop: () => void;

  constructor(kernels: CullCandidates, options: CullOptions, log: ServerLog) {
    const { idleTimeoutMs, connected, clock = SYSTEM_CLOCK } = options;
    const look = (): void => {
      for (const kernel of kernels.all()) {
        const idleMs = clock.nowMs() - kernel.lastActivityMs;
        const isUsed = kernel.hub.connectionCount > 0 && !connected;
        if (!kernel.isIdle || isUsed || idleMs < idleTimeoutMs) continue;
        log(
          "info",
          `kernel ${kernel.id} (${kernel.name}): idle for ${Math.round(idleMs / 1000)} s, shut down`,
        );
        kernels.shutdown(kernel.id).catch((error: Error) => {
          log("error", `kernel ${kernel.id}: ${error.message}`);
        });
      }
    };
    const intervalMs = Math.min(LONGEST_INTERVAL_MS, Math.max(100, idleTimeoutMs / 4));
    this.#stop = clock.every(intervalMs, look);
  }

  close(): void {
    this.#stop();
  }
}
