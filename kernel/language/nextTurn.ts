import { setImmediate } from "../ownTimers.ts";

const waiting: (() => void)[] = [];

/**
 * A turn of the event loop with nothing below it on the stack and nothing before it in the queue of promises: what goes on from
 * here is not cut when user code is terminated.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    setImmediate(takeTurn);
  });
}

/** To be called after a termination, with which Node may have lost the turns that were due. */
export function renewTurns(): void {
  for (const _ of waiting) setImmediate(takeTurn);
}

function takeTurn(): void {
  waiting.shift()?.();
}
