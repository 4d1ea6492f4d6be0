import { AbortedError, RemoteError } from "../base/errors.ts";

/** What may be over when the same is asked again. */
const PASSING = new Set([
  ...["ERR_REMOTE_BUSY", "ERR_REMOTE_FAILED", "ERR_REMOTE_UNREACHABLE"],
  ...["ERR_REMOTE_TIMEOUT", "ERR_REMOTE_CUT"],
]);
const TRIES = 6;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;

/**
 * Asks a server again that is busy or away, up to six times: after as long as it says, else after twice as long each time.
 * @throws what the last try throws; AbortedError ERR_ABORTED
 */
export async function withPatience<Result>(
  ask: () => Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof RemoteError) || !PASSING.has(error.code) || tries === TRIES)
        throw error;
      const seconds = error.retryAfterSeconds;
      const waitMs = seconds === null ? FIRST_WAIT_MS * 2 ** (tries - 1) : seconds * 1000;
      await wait(Math.min(waitMs, LONGEST_WAIT_MS), signal);
    }
  }
}

/** @throws AbortedError ERR_ABORTED */
function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      reject(new AbortedError(undefined, { cause: signal?.reason }));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", end);
      resolve();
    }, ms);
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end, { once: true });
  });
}
