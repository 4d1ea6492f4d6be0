import { ApiError, stopping } from "./apiError.ts";

const LONGEST_WAIT_S = 60;
/** Weight of the text that ended last in the mean of how long texts take. */
const NEWEST = 0.1;

/** Counts texts that run or wait, and turns away what would wait too long. */
export class Admission {
  readonly #atOnce: number;
  readonly #queue: number;
  #open = 0;
  #meanSeconds = 1;
  #isClosed = false;
  #tellEmpty: (() => void) | null = null;

  /** @param queue texts that may wait beyond the `atOnce` that run */
  constructor(atOnce: number, queue: number) {
    this.#atOnce = atOnce;
    this.#queue = queue;
  }

  /** Texts that run or wait. */
  get open(): number {
    return this.#open;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * @returns what is to be called once when the texts have ended, with the seconds that they took
   * @throws ApiError 429 where the queue is full, 503 where the server is ending, 400 for more than it ever takes
   */
  enter(count: number): (seconds: number) => void {
    const most = this.#atOnce + this.#queue;
    if (this.#isClosed) throw stopping();
    if (count > most)
      throw new ApiError(
        400,
        `n: expected at most ${most} texts in a request, got ${count}. Ask for fewer at a time.`,
        { param: "n", code: "invalid_value" },
      );
    if (this.#open + count > most) throw this.#full(this.#open + count - most);
    this.#open += count;
    return (seconds) => {
      this.#open -= count;
      this.#meanSeconds += NEWEST * (seconds - this.#meanSeconds);
      if (this.#open === 0) this.#tellEmpty?.();
    };
  }

  /** Takes nobody any more. @returns when those that are there have ended */
  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#open === 0) return;
    await new Promise<void>((resolve) => {
      this.#tellEmpty = resolve;
    });
  }

  #full(tooMany: number): ApiError {
    const seconds = Math.ceil((this.#meanSeconds * tooMany) / this.#atOnce);
    const retryAfter = Math.max(1, Math.min(seconds, LONGEST_WAIT_S));
    return new ApiError(
      429,
      `request: expected fewer than ${this.#queue} waiting texts, got a full queue. Ask again in ${retryAfter} s.`,
      { type: "rate_limit_error", code: "queue_full", retryAfter },
    );
  }
}
