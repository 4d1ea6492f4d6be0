/** Reads of more bytes go to the file by themselves. */
const MOST_SMALL = 2 ** 18;
/** Of what is read ahead. */
const MOST_AHEAD = 2 ** 20;
/** How many times as much as it gives is read when small reads begin to follow each other, and each time that all of it was wanted. */
const GROWTH = 4;

/** Bytes of a file that were read, or are being read, before anybody asked for all of them. */
interface Ahead {
  readonly start: number;
  readonly bytes: Uint8Array;
  readonly filled: Promise<void>;
}

/**
 * Reads a file by place. Small reads that follow each other, as those of a model of many small tensors, are taken from larger ones: each
 * read of a file is a way to another thread and back. What is read ahead grows with what was of use, so that a few small tensors between large
 * ones are not paid with the beginning of a large one.
 */
export class ReadAhead {
  readonly #fill: (target: Uint8Array, position: number) => Promise<void>;
  readonly #sizeBytes: number;
  #ahead: Ahead | null = null;
  /** Where the last read ended. */
  #end = Number.NEGATIVE_INFINITY;
  #room = 0;

  /** @param fill reads from the file */
  constructor(fill: (target: Uint8Array, position: number) => Promise<void>, sizeBytes: number) {
    this.#fill = fill;
    this.#sizeBytes = sizeBytes;
  }

  /** Fills `target` with the bytes from `position` on. */
  async read(target: Uint8Array, position: number): Promise<void> {
    const gap = position - this.#end;
    const end = position + target.length;
    this.#end = end;
    if (target.length > MOST_SMALL || end > this.#sizeBytes) return this.#alone(target, position);
    const isThere = this.#ahead !== null && holds(this.#ahead, position, end);
    if (!isThere && (gap < 0 || gap > MOST_SMALL)) return this.#alone(target, position);
    const ahead = isThere ? (this.#ahead as Ahead) : this.#read(position, target.length);
    try {
      await ahead.filled;
    } catch (error) {
      if (this.#ahead === ahead) this.#ahead = null;
      throw error;
    }
    target.set(ahead.bytes.subarray(position - ahead.start, end - ahead.start));
    if (end === ahead.start + ahead.bytes.length && this.#ahead === ahead) this.#ahead = null;
  }

  #alone(target: Uint8Array, position: number): Promise<void> {
    this.#ahead = null;
    this.#room = 0;
    return this.#fill(target, position);
  }

  #read(start: number, length: number): Ahead {
    this.#room = Math.min(MOST_AHEAD, GROWTH * Math.max(length, this.#room));
    const bytes = new Uint8Array(Math.min(this.#room, this.#sizeBytes - start));
    this.#ahead = { start, bytes, filled: this.#fill(bytes, start) };
    return this.#ahead;
  }
}

function holds({ start, bytes }: Ahead, from: number, to: number): boolean {
  return from >= start && to <= start + bytes.length;
}
