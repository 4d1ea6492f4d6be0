import { closeSync, openSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

const STDERR = 2;
/** What may be under way without a thread beside this one that opens files. */
const HARMLESS = new Set([
  "TTYWrap",
  "PipeWrap",
  "Timeout",
  "Immediate",
  "SignalWrap",
  "TickObject",
]);

/**
 * Calls a function while what native code writes to the standard error stream stays off the screen. Dawn warns there of
 * limits that it lowers, which no toggle of it keeps back and which tell a person nothing. VITRINE_GPU_LOG=1 shows them.
 *
 * The stream is another one for the length of the call, so this is done only where nobody could take its number in between:
 * on a terminal, in the main thread, with no other thread or work on files under way; elsewhere the function is just called.
 */
export function onQuietScreen<T>(call: () => T): T {
  const screen = canBeQuiet() ? openScreen() : null;
  if (screen === null) return call();
  replaceStderr("/dev/null");
  try {
    return call();
  } finally {
    replaceStderr(`/dev/fd/${screen}`);
    closeSync(screen);
  }
}

function canBeQuiet(): boolean {
  return (
    process.env.VITRINE_GPU_LOG !== "1" &&
    process.platform !== "win32" &&
    process.stderr.isTTY === true &&
    isMainThread &&
    process.getActiveResourcesInfo().every((resource) => HARMLESS.has(resource))
  );
}

/** The terminal under another number; null where it may not be opened, as after su. */
function openScreen(): number | null {
  try {
    return openSync(`/dev/fd/${STDERR}`, "w");
  } catch {
    return null;
  }
}

/** The lowest free number is given out: the one that was just closed. */
function replaceStderr(path: string): void {
  closeSync(STDERR);
  openSync(path, "w");
}
