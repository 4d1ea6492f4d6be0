import { readFileSync } from "node:fs";

/** Fields of /proc/stat's first line that are work: user, nice, system, irq, softirq, and what the host took. */
const WORK_FIELDS = [1, 2, 3, 6, 7, 8];
const TICKS_A_SECOND = 100;

interface Reading {
  readonly at: number;
  /** Seconds that all cores worked, for whomever. */
  readonly busy: number;
  /** Seconds of them that belong to the measured processes. */
  readonly own: number;
}

function processSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

function read(pids: readonly number[]): Reading {
  const fields = readFileSync("/proc/stat", "utf8").split("\n")[0]?.split(/\s+/) ?? [];
  const busy = WORK_FIELDS.reduce((sum, i) => sum + Number(fields[i]), 0) / TICKS_A_SECOND;
  return {
    at: performance.now() / 1000,
    busy,
    own: pids.reduce((sum, pid) => sum + processSeconds(pid), 0),
  };
}

/**
 * How many cores others kept busy while something was measured.
 * @param pids processes whose work is not the others'
 * @returns cores; null where the system does not tell (it has no /proc)
 */
export async function otherLoad<T>(
  pids: readonly number[],
  work: () => Promise<T>,
): Promise<{ value: T; cores: number | null }> {
  let before: Reading | null;
  try {
    before = read(pids);
  } catch {
    before = null;
  }
  const value = await work();
  if (before === null) return { value, cores: null };
  const after = read(pids);
  const others = after.busy - before.busy - (after.own - before.own);
  return { value, cores: Math.max(0, others) / (after.at - before.at) };
}
