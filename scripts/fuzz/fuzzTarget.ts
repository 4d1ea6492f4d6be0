/** How many inputs had which fate. */
export type Tally = Record<string, number>;

/** Only turns a hang into a finding: a slow or busy machine is none. */
export const HANG_MS = 600_000;

export interface FuzzRun {
  /** Inputs to send. */
  readonly count: number;
  /** The same seed gives the same inputs. */
  readonly seed: number;
  /** What a process under attack may hold, in bytes as the system counts them, which differ from run to run; null for no limit. */
  readonly mostMemoryBytes: number | null;
  /** Told after every batch how many inputs have been sent. */
  readonly onProgress: (done: number) => void;
}

/**
 * One thing under attack, as a real process.
 * @throws Finding if it crashed, hung, ran what nobody signed, or gave away what nobody may read
 */
export type FuzzTarget = (run: FuzzRun) => Promise<Tally>;

/** What an attack achieved, with the input that did it. */
export class Finding extends Error {
  constructor(what: string, input?: unknown) {
    const shown = Buffer.isBuffer(input) ? JSON.stringify(input.toString("latin1")) : input;
    super(`${what}${shown === undefined ? "" : `; input: ${String(shown).slice(0, 4000)}`}`);
    this.name = "Finding";
  }
}

/** Calls `each` with the size and the seed of batch after batch. */
export async function inBatches(
  { count, seed, onProgress }: FuzzRun,
  batchSize: number,
  each: (size: number, batchSeed: number) => Promise<void>,
): Promise<void> {
  for (let done = 0, batch = 0; done < count; batch++) {
    const size = Math.min(batchSize, count - done);
    await each(size, (seed + batch * 7919) | 0);
    done += size;
    onProgress(done);
  }
}

export function add(tally: Tally, fate: string, count = 1): void {
  tally[fate] = (tally[fate] ?? 0) + count;
}

/** @throws Finding if `promise` takes longer than `limitMs` */
export async function withinTime<T>(
  what: string,
  promise: Promise<T>,
  limitMs: number,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Finding(`${what}: nothing within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
