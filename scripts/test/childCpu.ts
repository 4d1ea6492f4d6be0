import { readFileSync } from "node:fs";

/** Ticks of a second in what Linux tells of processes, on every machine. */
const TICKS = 100;

/**
 * Seconds of CPU time of the processes that this one started and that have ended, with those that they waited for; null where the
 * system tells nothing of it.
 */
export function childCpuSeconds(): number | null {
  let stat: string;
  try {
    stat = readFileSync("/proc/self/stat", "utf8");
  } catch {
    return null;
  }
  // Behind the name, which may hold anything: state, ..., and as the 14th and 15th what children took for themselves and in the kernel.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / TICKS;
}
