interface Sent {
  readonly atMs: number;
  readonly sizeBytes: number;
}

export interface RateLimits {
  readonly windowMs: number;
  /** Bytes after which nothing more is sent in a window; the message that passes the mark still is. */
  readonly sizeBytes: number;
  readonly messages: number;
}

/**
 * What jupyter_server lets through in the 3 seconds over which it counts is 3 MB of streams and 3,000 messages; beyond that it
 * drops output. It counts when it reads, so that a server that was held up sees more of what was sent at once: hence a
 * window that is a second longer, and marks a tenth lower.
 */
export const STOCK_LIMITS: RateLimits = { windowMs: 4000, sizeBytes: 2.7e6, messages: 2700 };

/** Where everything is let through. */
const NO_LIMITS: RateLimits = {
  windowMs: 4000,
  sizeBytes: Number.POSITIVE_INFINITY,
  messages: Number.POSITIVE_INFINITY,
};

/**
 * The limits of a jupyter_server in front of this kernel: the stock ones, unless `VITRINE_OUTPUT_PACE` is "off", as it is under
 * our own server.
 */
export const limitsOfServer = ({ VITRINE_OUTPUT_PACE }: NodeJS.ProcessEnv): RateLimits =>
  VITRINE_OUTPUT_PACE === "off" ? NO_LIMITS : STOCK_LIMITS;

/** The limits of whoever started this kernel: of a server, which names the document, else none. */
export const limitsOfStarter = (env: NodeJS.ProcessEnv): RateLimits =>
  env.JPY_SESSION_NAME === undefined ? NO_LIMITS : limitsOfServer(env);

/** Counts what was sent lately, and says how long the next message has to wait. */
export class RateWindow {
  limits: RateLimits;
  readonly #now: () => number;
  #sent: Sent[] = [];
  /** Place in `#sent` of the oldest that still counts. */
  #oldest = 0;
  #sizeBytes = 0;

  constructor(limits: RateLimits, now: () => number) {
    this.limits = limits;
    this.#now = now;
  }

  /** How many messages count. */
  get messages(): number {
    this.#forget();
    return this.#sent.length - this.#oldest;
  }

  /** 0 if a message may be sent now; it may have to wait again after that. */
  get waitMs(): number {
    const { windowMs, sizeBytes, messages } = this.limits;
    if (this.messages < messages && this.#sizeBytes < sizeBytes) return 0;
    return (this.#sent[this.#oldest]?.atMs ?? 0) + windowMs - this.#now();
  }

  add(sizeBytes: number): void {
    this.#sent.push({ atMs: this.#now(), sizeBytes });
    this.#sizeBytes += sizeBytes;
  }

  reset(): void {
    this.#sent = [];
    this.#oldest = 0;
    this.#sizeBytes = 0;
  }

  #forget(): void {
    const before = this.#now() - this.limits.windowMs;
    for (let next = this.#sent[this.#oldest]; next && next.atMs <= before; ) {
      this.#sizeBytes -= next.sizeBytes;
      next = this.#sent[++this.#oldest];
    }
    if (this.#oldest * 2 <= this.#sent.length) return;
    this.#sent = this.#sent.slice(this.#oldest);
    this.#oldest = 0;
  }
}
