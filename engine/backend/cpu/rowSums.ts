import { fractions, wholes } from "../../tensor/expNonPositive.ts";
import type { SoftmaxSums } from "../../tensor/softmaxSums.ts";
import type { Allocator } from "./allocator.ts";
import { SUM_NS } from "./prepare/costs.ts";
import type { Split } from "./rangeKernels.ts";
import { Scratch } from "./scratch.ts";

/** Doubles that the kernel tells of a row. */
const PER_ROW = 3;

/** Takes the sums of rows of logits, on several threads where that pays. */
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
    const tables = this.#tables ?? this.#writeTables();
    const results = this.#results.reserve((8 * PER_ROW + 4) * rows.length);
    const list = results + 8 * PER_ROW * rows.length;
    this.#allocator.words.set(rows, list / 4);
    const work = { total: rows.length, ns: rows.length * nVocab * SUM_NS };
    const powers = tables + fractions.byteLength;
    this.#split("softmaxSums", work, [logits, list, nVocab, tables, powers, results]);
    const { doubles } = this.#allocator;
    return rows.map((_, i) => {
      const at = results / 8 + PER_ROW * i;
      const best = doubles[at] as number;
      if (best < 0) return null;
      return { best, total: doubles[at + 1] as number, weightedShift: doubles[at + 2] as number };
    });
  }

  #writeTables(): number {
    const bytes = fractions.byteLength + wholes.byteLength;
    this.#tables = this.#allocator.allocate(bytes, "tables of an exponential function");
    this.#allocator.doubles.set(fractions, this.#tables / 8);
    this.#allocator.doubles.set(wholes, this.#tables / 8 + fractions.length);
    return this.#tables;
  }
}
