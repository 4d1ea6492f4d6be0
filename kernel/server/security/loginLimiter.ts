const TRIES = 5;
const REFILL_MS = 12_000;
const MAX_ADDRESSES = 1000;

/**
 * Logins that one address may try: five at once, then one every twelve seconds. While a thousand addresses guess, no
 * further one may, so that a flood of them costs no memory.
 */
export class LoginLimiter {
  readonly #addresses = new Map<string, { left: number; atMs: number }>();

  /** Takes a try. @returns 0, or how long to wait for the next one in milliseconds */
  take(address: string, nowMs = Date.now()): number {
    const known = this.#addresses.get(address);
    const left =
      known === undefined ? TRIES : Math.min(TRIES, known.left + (nowMs - known.atMs) / REFILL_MS);
    if (known === undefined && this.#addresses.size >= MAX_ADDRESSES) {
      if (!this.#forgetRested(nowMs)) return REFILL_MS;
    }
    this.#addresses.set(address, { left: left >= 1 ? left - 1 : left, atMs: nowMs });
    return left >= 1 ? 0 : Math.ceil((1 - left) * REFILL_MS);
  }

  /** A login that was right proves that the address is no guesser's. */
  forgive(address: string): void {
    this.#addresses.delete(address);
  }

  /** Forgets addresses that have all their tries again. @returns whether there is room */
  #forgetRested(nowMs: number): boolean {
    for (const [address, { left, atMs }] of this.#addresses)
      if (left + (nowMs - atMs) / REFILL_MS >= TRIES) this.#addresses.delete(address);
    return this.#addresses.size < MAX_ADDRESSES;
  }
}
