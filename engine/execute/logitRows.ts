import { InputError } from "../base/errors.ts";
import type { HostArray, HostDType } from "../tensor/tensor.ts";

/** Rows of logits that a run keeps: positions, negative ones from the end. */
export type LogitsWanted = "last" | "all" | readonly number[];

interface WantedOptions {
  readonly end?: number;
  readonly lastStays?: boolean;
}

/** @throws InputError ERR_OPTION where it is none of these */
function positionsOf(what: string, wanted: Exclude<LogitsWanted, "all">): readonly number[] {
  if (wanted === "last") return [-1];
  if (Array.isArray(wanted) && wanted.every((position) => Number.isInteger(position)))
    return wanted;
  throw new InputError(
    "ERR_OPTION",
    `${what} logits: expected "last", "all" or a list of positions, got ${JSON.stringify(wanted)}. Write logits: [0, -1] for the rows of the first and the last token.`,
  );
}

/** Which rows of logits a sequence keeps, and those that it has. Row t scores the token after position t. */
export class LogitRows {
  readonly #nVocab: number;
  readonly #all: boolean;
  readonly #exact: ReadonlySet<number>;
  /** So many of the last ones are kept, wherever the sequence ends. */
  readonly #tail: number;
  readonly #rows = new Map<number, HostArray>();

  private constructor(nVocab: number, all: boolean, exact: Iterable<number>, tail: number) {
    this.#nVocab = nVocab;
    this.#all = all;
    this.#exact = new Set(exact);
    this.#tail = tail;
  }

  /**
   * Of a sequence whose length is known.
   * @throws InputError ERR_SELECTION for a position that does not exist, ERR_OPTION
   */
  static ofRun(wanted: LogitsWanted, nVocab: number, nTokens: number): LogitRows {
    if (wanted === "all") return new LogitRows(nVocab, true, [], 0);
    const positions = positionsOf("run", wanted);
    for (const position of positions) within("run", position, nTokens);
    const exact = positions.map((position) => (position < 0 ? nTokens + position : position));
    return new LogitRows(nVocab, false, exact, 0);
  }

  /** Of these positions alone. */
  static ofPositions(positions: Iterable<number>, nVocab: number): LogitRows {
    return new LogitRows(nVocab, false, positions, 0);
  }

  /**
   * Of a sequence that may end anywhere up to `most` tokens; what it does not reach is left out.
   * @throws as `ofRun`
   */
  static ofGeneration(wanted: LogitsWanted, nVocab: number, most: number): LogitRows {
    if (wanted === "all") return new LogitRows(nVocab, true, [], 0);
    const positions = positionsOf("generate", wanted);
    for (const position of positions) within("generate", position, most);
    const exact = positions.filter((position) => position >= 0);
    return new LogitRows(nVocab, false, exact, Math.max(0, ...positions.map((at) => -at)));
  }

  /**
   * The positions of a step whose rows have to be read when it is done.
   * @param end tokens that the sequence has at least in the end; default: those up to the step's last
   * @param lastStays the last row can still be read when the sequence has ended
   */
  wantedOf(
    start: number,
    nTokens: number,
    { end = start + nTokens, lastStays = false }: WantedOptions = {},
  ): number[] {
    const tail = lastStays && this.#tail === 1 ? 0 : this.#tail;
    return Array.from({ length: nTokens }, (_, i) => start + i).filter(
      (position) => this.#all || this.#exact.has(position) || position >= end - tail,
    );
  }

  /**
   * Takes rows of a step that begins at `start`, of which all but the first may still be taken back.
   * @param rows (positions, V)
   */
  add(start: number, positions: readonly number[], rows: HostArray): void {
    const size = this.#nVocab;
    positions.forEach((position, i) => {
      if (this.#all || this.#tail > 0 || this.#exact.has(position))
        this.#rows.set(position, rows.subarray(i * size, (i + 1) * size) as HostArray);
    });
    if (this.#all) return;
    for (const position of this.#rows.keys())
      if (position < start + 1 - this.#tail && !this.#exact.has(position))
        this.#rows.delete(position);
  }

  /**
   * Takes those of positions [0, nTokens) that are wanted from a sequence that begins with the same rows.
   * @param end as that of `wantedOf`
   */
  takeFrom(other: LogitRows, nTokens: number, end: number): void {
    for (const position of this.wantedOf(0, nTokens, { end })) {
      const row = other.get(position);
      if (row === undefined) throw new RangeError(`no row of logits at ${position} to take`);
      this.#rows.set(position, row);
    }
  }

  get(position: number): HostArray | undefined {
    return this.#rows.get(position);
  }

  /** What is kept of a sequence of `nTokens` in the end, ascending. */
  positions(nTokens: number): number[] {
    const first = this.#all ? 0 : nTokens - this.#tail;
    const tail = Array.from({ length: nTokens }, (_, at) => at).slice(Math.max(0, first));
    const exact = [...this.#exact].filter((position) => position < nTokens);
    return [...new Set([...exact, ...tail])].sort((a, b) => a - b);
  }
}

function within(what: string, position: number, size: number): void {
  if (position >= -size && position < size) return;
  throw new InputError(
    "ERR_SELECTION",
    `${what} logits: expected positions from ${-size} to ${size - 1}, got ${position}. Choose one that exists.`,
  );
}

/** @returns (rows, V) one after the other */
export function joinRows(rows: readonly HostArray[], dtype: HostDType, nVocab: number): HostArray {
  const joined = new (dtype === "f64" ? Float64Array : Float32Array)(rows.length * nVocab);
  rows.forEach((row, i) => {
    joined.set(row, i * nVocab);
  });
  return joined;
}
