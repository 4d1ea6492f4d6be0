/** How a job went that threads shared. Times in milliseconds. */
export interface SharedJob {
  readonly wallMs: number;
  readonly chunks: number;
  /** Chunks that the main thread did, and how long all of them and the slowest one took. */
  readonly mine: number;
  readonly mineMs: number;
  readonly slowestMs: number;
}

/** Over so much time jobs are added up before they are judged. */
const WINDOW_MS = 10;
const FIRST_REST_MS = 50;
const LONGEST_REST_MS = 1000;

/**
 * Judges whether sharing jobs pays. Where another process keeps a core busy, a thread may lose its core with a chunk in
 * hand, and the join takes longer than the work. Then one thread does all for a while, and sharing is tried again; each time
 * that it does not pay the pause is twice as long.
 */
export class Payoff {
  #savedMs = 0;
  #wallMs = 0;
  #restMs = FIRST_REST_MS;
  #restsUntilMs = 0;

  /** @param nowMs on the clock of `performance.now` */
  isResting(nowMs: number): boolean {
    return nowMs < this.#restsUntilMs;
  }

  /** Takes a job that ended at `nowMs` into account. */
  note(job: SharedJob, nowMs: number): void {
    this.#savedMs += aloneMs(job) - job.wallMs;
    this.#wallMs += job.wallMs;
    if (this.#wallMs < WINDOW_MS) return;
    if (this.#savedMs < 0) {
      this.#restsUntilMs = nowMs + this.#restMs;
      this.#restMs = Math.min(2 * this.#restMs, LONGEST_REST_MS);
    } else this.#restMs = FIRST_REST_MS;
    this.#savedMs = 0;
    this.#wallMs = 0;
  }
}

/**
 * What one thread would have taken, by the chunks of the main thread: without the slowest, since it may have lost its core in that.
 * Fewer than three cannot tell, and count as no gain, but as a loss where all chunks together would have taken less.
 */
function aloneMs({ wallMs, chunks, mine, mineMs, slowestMs }: SharedJob): number {
  if (mine === 0) return wallMs;
  if (mine < 3) return Math.min(wallMs, (mineMs / mine) * chunks);
  return ((mineMs - slowestMs) / (mine - 1)) * chunks;
}
