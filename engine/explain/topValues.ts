/** A value and where it stood. */
export interface PlacedValue {
  readonly value: number;
  /** A text of a corpus, a row of a matrix. */
  readonly outer: number;
  /** A position in the text, a column of the matrix. */
  readonly inner: number;
}

/** The largest values of each of several rows, descending; among equals what came first stays first. */
export class TopValues {
  readonly #topK: number;
  readonly #rows: PlacedValue[][];

  constructor(nRows: number, topK: number) {
    this.#topK = topK;
    this.#rows = Array.from({ length: nRows }, () => []);
  }

  /** NaN is passed over. */
  add(row: number, value: number, outer: number, inner: number): void {
    const kept = this.of(row) as PlacedValue[];
    const last = kept[this.#topK - 1];
    if (Number.isNaN(value) || (last !== undefined && value <= last.value)) return;
    let at = kept.length;
    while (at > 0 && (kept[at - 1] as PlacedValue).value < value) at--;
    kept.splice(at, 0, { value, outer, inner });
    if (kept.length > this.#topK) kept.pop();
  }

  of(row: number): readonly PlacedValue[] {
    return this.#rows[row] ?? [];
  }
}
