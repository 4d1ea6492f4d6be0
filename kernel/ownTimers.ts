import timers from "node:timers";
import promises from "node:timers/promises";

/** Node's timers as they were before those of cells took their places: what the kernel itself waits for, no interrupt stops. */
export const { setTimeout, setImmediate } = timers;
export const { setTimeout: delay } = promises;
