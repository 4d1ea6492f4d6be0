const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/**
 * Waits for Ctrl-C or a request to terminate, then runs `stop`. A second signal, sent while `stop` runs, ends the
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
