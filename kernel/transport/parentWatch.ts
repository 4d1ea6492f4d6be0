const POLL_INTERVAL_MS = 2000;

/**
 * Calls `onGone` once when the process that Jupyter names in JPY_PARENT_PID has ended, so that a crashed server
 * leaves no kernels behind. Does nothing where the variable is not set, or on Windows, where it holds a handle.
 */
export function watchParent(onGone: () => void, pid = Number(process.env.JPY_PARENT_PID)): void {
  if (process.platform === "win32" || !Number.isInteger(pid) || pid <= 1) return;
  const timer = setInterval(() => {
    try {
      process.kill(pid, 0);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") return;
      clearInterval(timer);
      onGone();
    }
  }, POLL_INTERVAL_MS);
  timer.unref();
}
