import { digestOf } from "./secrets.ts";

const TRIES = 5;
const REFILL_MS = 12_000;
const MAX_ADDRESSES = 1000;

interface Guesser {
  readonly left: number;
  readonly atMs: number;
  /** The last wrong token. */
  readonly last: string | null;
}

/**
 * Secrets that one address may try, on the login page and in requests together: five at once, then one every twelve
 * seconds. While a thousand addresses guess, no further one may, so that a flood of them costs no memory.
 */
export class LoginLimiter {
  readonly #addresses = new Map<string, Guesser>();

  /** Takes a try. @returns 0, or how long to wait for the next one in milliseconds */
  take(address: string, nowMs = Date.now()): number {
    const waitMs = this.waitMs(address, nowMs);
    const left = this.#left(address, nowMs);
    const last = this.#addresses.get(address)?.last ?? null;
    if (waitMs === 0 || this.#addresses.has(address))
      this.#addresses.set(address, { left: waitMs === 0 ? left - 1 : left, atMs: nowMs, last });
    return waitMs;
  }

  /** How long to wait until the next try in milliseconds; 0 if there is one. */
  waitMs(address: string, nowMs = Date.now()): number {
    if (!this.#addresses.has(address) && this.#addresses.size >= MAX_ADDRESSES)
      if (!this.#forgetRested(nowMs)) return REFILL_MS;
    const left = this.#left(address, nowMs);
    return left >= 1 ? 0 : Math.ceil((1 - left) * REFILL_MS);
  }

  /** Counts a wrong token. The one before it once more is no new guess: a program that has an old token says it again and again. */
  guessed(address: string, text: string, nowMs = Date.now()): void {
    const last = digestOf(text);
    if (this.#addresses.get(address)?.last === last || this.take(address, nowMs) > 0) return;
    const left = this.#left(address, nowMs);
    this.#addresses.set(address, { left, atMs: nowMs, last });
  }

  /** A login that was right proves that the address is no guesser's. */
  forgive(address: string): void {
    this.#addresses.delete(address);
  }

  #left(address: string, nowMs: number): number {
    const known = this.#addresses.get(address);
    return known === undefined
      ? TRIES
      : Math.min(TRIES, known.left + (nowMs - known.atMs) / REFILL_MS);
  }

  /** Forgets addresses that have all their tries again. @returns whether there is room */
  #forgetRested(nowMs: number): boolean {
    for (const [address, { left, atMs }] of this.#addresses)
      if (left + (nowMs - atMs) / REFILL_MS >= TRIES) this.#addresses.delete(address);
    return this.#addresses.size < MAX_ADDRESSES;
  }
}
