/** What asks a command to end: Ctrl-C, a request to terminate, the terminal's end. */
const INTERRUPTS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Calls `first` at the first of these signals; the second one ends the process. */
export function onInterrupt(first: () => void): void {
  const listener = (): void => {
    for (const signal of INTERRUPTS) {
      process.off(signal, listener);
      process.on(signal, () => process.exit(130));
    }
    first();
  };
  for (const signal of INTERRUPTS) process.on(signal, listener);
}

/** A signal that fires when the command is asked to end. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  onInterrupt(() => controller.abort());
  return controller.signal;
}
