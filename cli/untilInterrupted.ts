import { onInterrupt } from "./interruptSignal.ts";

/** Waits until the command is asked to end, then runs `stop`; asked a second time, it ends at once. */
export async function untilInterrupted(stop: () => Promise<void>): Promise<void> {
  await new Promise<void>(onInterrupt);
  await stop();
}
