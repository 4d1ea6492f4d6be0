import { AbortedError, RemoteError } from "./errors.ts";

/** What may be over when the same is asked again. */
const PASSING = new Set([
  ...["ERR_REMOTE_BUSY", "ERR_REMOTE_FAILED", "ERR_REMOTE_UNREACHABLE"],
  ...["ERR_REMOTE_TIMEOUT", "ERR_REMOTE_CUT"],
  ...["ERR_STORE_BUSY", "ERR_STORE_UNREACHABLE"],
]);
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 60_000;
/** Longer ones fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
/** A timer may fire so much before its time. */
const EARLY_MS = 1;
/** How long a server may be busy or away: it may be starting, or loading another model. */
export const PATIENCE_MS = 600_000;

export interface Patience {
  /** Milliseconds from the first failure to the last try. */
  readonly patienceMs: number;
  readonly signal: AbortSignal | undefined;
  /** What to do where it did not suffice, as sentences. */
  readonly fix: string;
}

/**
 * Asks a server again that is busy or away: after as long as it says, else after twice as long each time, up to a minute. So that workers that
 * failed together do not come back together, each waits a random part less, up to half.
 * @throws RemoteError, the last one with how long it was tried; AbortedError ERR_ABORTED; what else `ask` throws
 */
export async function withPatience<Result>(
  ask: () => Promise<Result>,
  { patienceMs, signal, fix }: Patience,
): Promise<Result> {
  let failedMs: number | null = null;
  for (let tries = 1; ; tries++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof RemoteError) || !PASSING.has(error.code)) throw error;
      const nowMs = performance.now();
      failedMs ??= nowMs;
      const leftMs = failedMs + patienceMs - nowMs;
      if (leftMs <= 0) throw outOfPatience(error, tries, { patienceMs, fix });
      await wait(Math.min(waitMs(error, tries), leftMs + EARLY_MS, LONGEST_TIMER_MS), signal);
    }
  }
}

function waitMs({ retryAfterSeconds: seconds }: RemoteError, tries: number): number {
  if (seconds !== null && seconds > 0) return seconds * 1000; // "0" would have it asked without a pause
  const most = Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS);
  return most * (1 - Math.random() / 2);
}

function outOfPatience(
  error: RemoteError,
  tries: number,
  { patienceMs, fix }: Pick<Patience, "patienceMs" | "fix">,
): RemoteError {
  const { code, message, status, retryAfterSeconds } = error;
  const details = { ...(status !== null && { status }), retryAfterSeconds, cause: error };
  return new RemoteError(
    code,
    `${message} It was asked ${tries} times in ${Math.round(patienceMs / 1000)} s: ${fix}`,
    details,
  );
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
