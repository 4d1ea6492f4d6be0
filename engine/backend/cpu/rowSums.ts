import { fractions, wholes } from "../../tensor/expNonPositive.ts";
import type { SoftmaxSums } from "../../tensor/softmaxSums.ts";
import type { Allocator } from "./allocator.ts";
import { ELEMENT_NS, SUM_NS } from "./prepare/costs.ts";
import type { Split } from "./rangeKernels.ts";
import { Scratch } from "./scratch.ts";

/** Doubles that the kernel tells of a row. */
const PER_ROW = 3;

/** Takes the sums of rows of logits, and the softmax of rows, on several threads where that pays. */
export class RowSums {
  readonly #allocator: Allocator;
  readonly #split: Split;
  readonly #results: Scratch;
  /** Where the tables of the exponential function lie, once they are needed. */
  #tables: number | null = null;

  constructor(allocator: Allocator, split: Split) {
    this.#allocator = allocator;
    this.#split = split;
    this.#results = new Scratch(allocator);
  }

  /**
   * @param logits address of rows of `nVocab` f32
   * @returns null of a row that has no softmax
   * @throws BackendError ERR_OUT_OF_MEMORY
   */
  of(logits: number, nVocab: number, rows: readonly number[]): (SoftmaxSums | null)[] {
    const results = this.#summed(logits, nVocab, rows);
    const { doubles } = this.#allocator;
    return rows.map((_, i) => {
      const at = results / 8 + PER_ROW * i;
      const best = doubles[at] as number;
      if (best < 0) return null;
      return { best, total: doubles[at + 1] as number, weightedShift: doubles[at + 2] as number };
    });
  }

  /**
   * Writes the softmax of all rows, or its logarithm.
   * @param x address of `nRows` rows of n f32
   * @param out address of as many
   * @returns the rows that have none, of which nothing is written
   * @throws BackendError ERR_OUT_OF_MEMORY
   */
  softmax(x: number, nRows: number, n: number, out: number, isLog: boolean): number[] {
    const rows = Array.from({ length: nRows }, (_, row) => row);
    return isLog ? this.#logShares(x, rows, n, out) : this.#shares(x, rows, n, out);
  }

  #shares(x: number, rows: readonly number[], n: number, out: number): number[] {
    const tables = this.#tables ?? this.#writeTables();
    const best = this.#results.reserve(4 * rows.length);
    const ns = rows.length * n * (SUM_NS + ELEMENT_NS);
    const work = { total: rows.length, ns, scratchBytes: 8 * (n + 1) };
    const powers = tables + fractions.byteLength;
    this.#split("softmaxOfRows", work, [x, n, tables, powers, out, best]);
    const { words } = this.#allocator;
    return rows.filter((row) => (words[best / 4 + row] as number) < 0);
  }

  #logShares(x: number, rows: readonly number[], n: number, out: number): number[] {
    const sums = this.#summed(x, n, rows);
    const { doubles } = this.#allocator;
    const none: number[] = [];
    for (const row of rows) {
      const at = sums / 8 + PER_ROW * row;
      if ((doubles[at] as number) < 0) none.push(row);
      else doubles[at + 1] = Math.log(doubles[at + 1] as number);
    }
    const work = { total: rows.length, ns: rows.length * n * ELEMENT_NS };
    this.#split("logSoftmaxOfRows", work, [x, n, sums, out]);
    return none;
  }

  /** Address of the sums of the rows that are listed. */
  #summed(logits: number, nVocab: number, rows: readonly number[]): number {
    const tables = this.#tables ?? this.#writeTables();
    const results = this.#results.reserve((8 * PER_ROW + 4) * rows.length);
    const list = results + 8 * PER_ROW * rows.length;
    this.#allocator.words.set(rows, list / 4);
    const work = { total: rows.length, ns: rows.length * nVocab * SUM_NS };
    const powers = tables + fractions.byteLength;
    this.#split("softmaxSums", work, [logits, list, nVocab, tables, powers, results]);
    return results;
  }

  #writeTables(): number {
    const bytes = fractions.byteLength + wholes.byteLength;
    this.#tables = this.#allocator.allocate(bytes, "tables of an exponential function");
    this.#allocator.doubles.set(fractions, this.#tables / 8);
    this.#allocator.doubles.set(wholes, this.#tables / 8 + fractions.length);
    return this.#tables;
  }
}
