import type { Progress } from "../engine/base/progress.ts";

/** How far work has come that the engine does, or the command itself. */
export type Work = Omit<Progress, "stage"> & { readonly stage: string };

const QUIET_MS = 1000;
const REDRAW_MS = 100;
const WIDTH = 24;

export interface ProgressBar {
  readonly update: (work: Work) => void;
  /** Wipes the bar. */
  clear(): void;
}

/** A bar on a terminal for work that takes longer than a second; nothing anywhere else. */
export function progressBar(output: NodeJS.WriteStream = process.stderr): ProgressBar {
  const startMs = Date.now();
  let drawnMs = 0;
  const clear = (): void => {
    if (drawnMs > 0) output.write("\r\u001b[K");
    drawnMs = 0;
  };
  const update = ({ stage, done, total, label }: Work): void => {
    const nowMs = Date.now();
    if (!output.isTTY || nowMs - startMs < QUIET_MS || nowMs - drawnMs < REDRAW_MS) return;
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const filled = Math.round(share * WIDTH);
    const bar = "█".repeat(filled) + "░".repeat(WIDTH - filled);
    const line = `${stage.padEnd(8)} ${bar} ${String(Math.round(share * 100)).padStart(3)}% ${label}`;
    output.write(`\r${line.slice(0, (output.columns ?? 80) - 1)}\u001b[K`);
    drawnMs = nowMs;
  };
  return { update, clear };
}
