import { Pcg32 } from "../../generate/pcg32.ts";
import { wrongOption } from "../evaluateErrors.ts";

/** Drawing for exercises that are made up: the same seed, the same exercises. */
export class Drawing {
  readonly #random: Pcg32;

  constructor(seed: number) {
    this.#random = new Pcg32(seed);
  }

  /** Uniform in [0, 1). */
  share(): number {
    return this.#random.nextFloat();
  }

  /** A whole number from `low` to `high`. */
  from(low: number, high: number): number {
    return low + Math.floor(this.share() * (high - low + 1));
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.from(0, items.length - 1)] as Item;
  }

  /** Different ones of them. */
  sample<Item>(items: readonly Item[], count: number): Item[] {
    const left = [...items];
    return Array.from(
      { length: count },
      () => left.splice(this.from(0, left.length - 1), 1)[0] as Item,
    );
  }
}

/** @throws InputError ERR_OPTION */
export function checkWhole(what: string, value: unknown, least: number, most: number): void {
  if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return;
  throw wrongOption(what, {
    expected: `a whole number from ${least} to ${most}`,
    got: value,
    fix: "Correct the option.",
  });
}
