/** What `process.exit` calls last, after the listeners of "exit"; Node leaves it open to be replaced. */
interface WithReallyExit {
  reallyExit(code?: number): void;
}

/**
 * Calls `finish` when code asks this process to end: with what it prints on the way printed, and while threads still run.
 * @param finish told the exit code
 */
export function atProcessExit(finish: (code: number) => void): void {
  const target = process as unknown as WithReallyExit;
  const reallyExit = target.reallyExit.bind(process);
  target.reallyExit = (code = 0) => {
    target.reallyExit = reallyExit;
    try {
      finish(code);
    } finally {
      reallyExit(code);
    }
  };
}
