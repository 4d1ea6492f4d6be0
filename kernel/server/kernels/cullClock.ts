/** What tells the culler of idle kernels the time and when to look at them. */
export interface CullClock {
  nowMs(): number;
  /** Calls `look` again and again. @returns what stops that */
  every(intervalMs: number, look: () => void): () => void;
}

/** The system's time; a process that has nothing else to do does not stay for it. */
export const SYSTEM_CLOCK: CullClock = {
  nowMs: () => Date.now(),
  every(intervalMs, look) {
    const timer = setInterval(look, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};
