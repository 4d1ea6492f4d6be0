import { kernelHost } from "../../kernel/display/host.ts";

/** So long after its last answer a page has asked what it shows. */
const QUIET_MS = 250;
/** An answer that takes longer is waited for no more. */
const LONGEST_MS = 30_000;

/** Lets what a page asks go before answers that are kept beside. */
export class PageFirst {
  #nAsked = 0;
  #last = Number.NEGATIVE_INFINITY;

  /** Answers a question of the page. */
  async answering<Reply>(answer: () => Promise<Reply>): Promise<Reply> {
    this.#nAsked += 1;
    this.#last = performance.now();
    try {
      return await answer();
    } finally {
      this.#nAsked -= 1;
      this.#last = performance.now();
    }
  }

  /** Waits for the next turn of the event loop, and until the page asks nothing any more. */
  async turn(signal?: AbortSignal): Promise<void> {
    await pause(0);
    while (!signal?.aborted) {
      const quiet = performance.now() - this.#last;
      if (quiet >= (this.#nAsked > 0 ? LONGEST_MS : QUIET_MS)) return;
      await pause(QUIET_MS);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    const host = kernelHost();
    if (host !== null) host.startTimer(resolve, ms);
    else if (ms === 0) setImmediate(resolve);
    else setTimeout(resolve, ms);
  });
}
