/** Node's watch on SIGINT, which its REPL uses; handed out by the deprecated `process.binding`. */
interface Watchdog {
  startSigintWatchdog(): void;
  /** True if the signal came since it was asked last. */
  stopSigintWatchdog(): boolean;
}

const INTERVAL_MS = 100;

/**
 * Calls back soon after each SIGINT that another program sends to this process, from this thread, whatever the main thread
 * does. Node itself tells of signals from the event loop of the main thread alone.
 */
export function watchSigint(onSignal: () => void): void {
  if (process.platform === "win32") return;
  const watchdog = findWatchdog();
  if (watchdog === null) return; // the main thread's event loop still hears of it
  watchdog.startSigintWatchdog(); // for good: it counts, and stops with the last
  const ask = (): void => {
    watchdog.startSigintWatchdog();
    if (watchdog.stopSigintWatchdog()) onSignal();
  };
  setInterval(ask, INTERVAL_MS).unref();
}

function findWatchdog(): Watchdog | null {
  try {
    const { binding } = process as unknown as { binding(name: string): Watchdog };
    const found = binding("contextify");
    const isComplete = [found.startSigintWatchdog, found.stopSigintWatchdog].every(
      (each) => typeof each === "function",
    );
    return isComplete ? found : null;
  } catch {
    return null;
  }
}
