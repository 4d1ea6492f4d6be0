import type { CostClass, CostQuantity } from "../trace/schema.ts";
import { COST_CLASSES } from "./costClass.ts";

/** In the order in which a table has them. */
export const COST_QUANTITIES: readonly CostQuantity[] = [
  "flops",
  "weightBytes",
  "kvReadBytes",
  "kvWriteBytes",
];

export type Quantities = Readonly<Record<CostQuantity, number>>;

const WIDTH = COST_CLASSES.length * COST_QUANTITIES.length;

/** What tokens cost, by class: (T, classes, quantities) f64, every class of `COST_CLASSES` in its order. */
export class CostTable {
  readonly nTokens: number;
  readonly values: Float64Array;

  constructor(nTokens: number, values: Float64Array = new Float64Array(nTokens * WIDTH)) {
    this.nTokens = nTokens;
    this.values = values;
  }

  /** Adds to every token what it takes of a class. */
  addEach(costClass: CostClass, quantity: CostQuantity, amountOf: (token: number) => number): void {
    const place = placeOf(costClass, quantity);
    for (let token = 0; token < this.nTokens; token++) {
      const at = token * WIDTH + place;
      this.values[at] = (this.values[at] ?? 0) + amountOf(token);
    }
  }

  /** Adds an even share of all that another table holds to every token of this one. */
  addEvenly(other: CostTable): void {
    for (let place = 0; place < WIDTH; place++) {
      let sum = 0;
      for (let i = place; i < other.values.length; i += WIDTH) sum += other.values[i] ?? 0;
      if (sum === 0) continue;
      for (let i = place; i < this.values.length; i += WIDTH)
        this.values[i] = (this.values[i] ?? 0) + sum / this.nTokens;
    }
  }

  /** What a token takes of a class. */
  amount(token: number, costClass: CostClass, quantity: CostQuantity): number {
    return this.values[token * WIDTH + placeOf(costClass, quantity)] ?? 0;
  }

  /** Adds so many times all that a table of as many tokens holds. */
  addScaled(other: CostTable, times: number): void {
    for (let i = 0; i < this.values.length; i++)
      this.values[i] = (this.values[i] ?? 0) + times * (other.values[i] ?? 0);
  }

  /** Tokens `from` to before `to`, in the same memory. */
  slice(from: number, to: number): CostTable {
    return new CostTable(to - from, this.values.subarray(from * WIDTH, to * WIDTH));
  }

  /** A token's classes added up. */
  totals(token: number): Quantities {
    const sum = (quantity: CostQuantity): number =>
      COST_CLASSES.reduce((total, costClass) => {
        return total + this.amount(token, costClass, quantity);
      }, 0);
    return quantities(sum);
  }

  /** (T, these classes, quantities), the others left out. */
  of(classes: readonly CostClass[]): Float64Array {
    const rows = new Float64Array(this.nTokens * classes.length * COST_QUANTITIES.length);
    let at = 0;
    for (let token = 0; token < this.nTokens; token++)
      for (const costClass of classes)
        for (const quantity of COST_QUANTITIES)
          rows[at++] = this.amount(token, costClass, quantity);
    return rows;
  }
}

/** All quantities, each by the same rule. */
export function quantities(of: (quantity: CostQuantity) => number): Quantities {
  return {
    flops: of("flops"),
    weightBytes: of("weightBytes"),
    kvReadBytes: of("kvReadBytes"),
    kvWriteBytes: of("kvWriteBytes"),
  };
}

function placeOf(costClass: CostClass, quantity: CostQuantity): number {
  return (
    COST_CLASSES.indexOf(costClass) * COST_QUANTITIES.length + COST_QUANTITIES.indexOf(quantity)
  );
}
