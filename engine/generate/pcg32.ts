const MULTIPLIER = 6364136223846793005n;
const MASK_64 = (1n << 64n) - 1n;
const STREAM = 0xda3e39cb94b95bdbn; // odd; which of the generator's sequences: always the same one

/**
 * PCG32 (XSH-RR 64/32): 64 bits of state, 32 bits out, the same sequence for the same seed on every machine.
 * @see M. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms for Random Number
 * Generation", 2014
 */
export class Pcg32 {
  #state: bigint;

  /** @param seed an integer from 0 to 2^53 - 1 */
  constructor(seed: number) {
    this.#state = 0n;
    this.nextUint32();
    this.#state = (this.#state + BigInt(seed)) & MASK_64;
    this.nextUint32();
  }

  nextUint32(): number {
    const old = this.#state;
    this.#state = (old * MULTIPLIER + STREAM) & MASK_64;
    const word = Number((((old >> 18n) ^ old) >> 27n) & 0xffffffffn);
    const turn = Number(old >> 59n);
    return ((word >>> turn) | (word << (-turn & 31))) >>> 0;
  }

  /** Uniform in [0, 1), 53 bits. */
  nextFloat(): number {
    const high = this.nextUint32() >>> 5; // 27 bits
    const low = this.nextUint32() >>> 6; // 26 bits
    return (high * 2 ** 26 + low) / 2 ** 53;
  }
}
