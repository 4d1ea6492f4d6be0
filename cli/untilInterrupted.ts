const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Waits for Ctrl-C, a request to terminate or the terminal's end, then runs `stop`. A second signal, sent while `stop` runs, ends the
 * process at once.
 */
export async function untilInterrupted(stop: () => Promise<void>): Promise<void> {
  await new Promise<void>((resolve) => {
    const first = (): void => {
      for (const signal of SIGNALS) {
        process.off(signal, first);
        process.on(signal, () => process.exit(130));
      }
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, first);
  });
  await stop();
}
