import { median } from "./statistics.ts";

/** Of a second of the processor, all threads together: how much was done. */
export type Rate = () => Promise<number>;

/** Rounds of which the highest rates count, so that what others do on the machine is left out as far as it can be. */
export const BLOCK = 8;

/** @param work says how much it has done */
export function timed(work: () => number | Promise<number>): Rate {
  return async () => {
    const before = process.cpuUsage();
    const amount = await work();
    const { user, system } = process.cpuUsage(before);
    return (1e6 * amount) / (user + system);
  };
}

/** What ways of one thing reach, round by round. */
export class Rates {
  readonly #rates: ReadonlyMap<string, number[]>;

  private constructor(ways: readonly string[]) {
    this.#rates = new Map(ways.map((way) => [way, []]));
  }

  /** Measures the ways in turn, after two rounds that warm up. */
  static async inTurn(ways: Readonly<Record<string, Rate>>, rounds: number): Promise<Rates> {
    const names = Object.keys(ways);
    const rates = new Rates(names);
    for (let round = -2; round < rounds; round++)
      for (let i = 0; i < names.length; i++) {
        const way = names[(i + Math.max(0, round)) % names.length] as string; // none is always the first
        const rate = await (ways[way] as Rate)();
        if (round >= 0) rates.#rates.get(way)?.push(rate);
      }
    return rates;
  }

  has(way: string): boolean {
    return this.#rates.has(way);
  }

  /** The median of the blocks, in 10^9. */
  billions(way: string): number {
    return median(this.#bests(way)) / 1e9;
  }

  /** The median of the blocks' ratios. */
  share(way: string, over: string): number {
    const below = this.#bests(over);
    return median(this.#bests(way).map((rate, block) => rate / (below[block] as number)));
  }

  /** The highest of every block of rounds. */
  #bests(way: string): number[] {
    const rates = this.#rates.get(way) ?? [];
    const blocks = Math.ceil(rates.length / BLOCK);
    return Array.from({ length: blocks }, (_, i) =>
      Math.max(...rates.slice(BLOCK * i, BLOCK * (i + 1))),
    );
  }
}
