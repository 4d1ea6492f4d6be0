/** Width of the first band of logits, in units of the temperature: an id at its end weighs e^-5 of the likeliest one. */
const FIRST_BAND = 5;
/** Ids further below weigh nothing in float64; they come in one last band. */
const LAST_BAND = 746;

/**
 * Ids by descending logit, the lower id first among equals, ranked only as far as they are asked for: ids are gathered
 * band by band below the largest logit, each band twice as wide, and only the band at hand is ordered, by a heap. The head
 * of a large vocabulary costs a pass or two over the logits. One ranking is used again for row after row.
 */
export class Ranking {
  #logits: ArrayLike<number> = [];
  #heap = new Uint32Array(0);
  #size = 0;
  #max = 0;
  #temperature = 1;
  #width = 0;
  /** The band at hand begins here; what is at or above it was gathered. */
  #lower = 0;

  /**
   * @param logits (V), no NaN; -Infinity is never given
   * @param max the largest of them
   * @param temperature above 0: the scale of the bands, without influence on the order
   */
  start(logits: ArrayLike<number>, max: number, temperature: number): void {
    if (this.#heap.length < logits.length) this.#heap = new Uint32Array(logits.length);
    this.#logits = logits;
    this.#max = max;
    this.#temperature = temperature;
    this.#size = 0;
    this.#width = 0;
    this.#lower = Number.POSITIVE_INFINITY;
  }

  /** The next id; -1 behind the last. */
  next(): number {
    while (this.#size === 0) {
      if (this.#lower === -Number.MAX_VALUE) return -1;
      this.#gather();
    }
    const heap = this.#heap;
    const first = heap[0] as number;
    this.#size -= 1;
    heap[0] = heap[this.#size] as number;
    this.#sink(0);
    return first;
  }

  #gather(): void {
    const upper = this.#lower;
    this.#width = this.#width === 0 ? FIRST_BAND : 2 * this.#width;
    const lower =
      this.#width > LAST_BAND
        ? -Number.MAX_VALUE
        : Math.max(this.#max - this.#width * this.#temperature, -Number.MAX_VALUE);
    const logits = this.#logits;
    const heap = this.#heap;
    let size = 0;
    for (let id = 0; id < logits.length; id++) {
      const logit = logits[id] as number;
      if (logit >= lower && logit < upper) heap[size++] = id;
    }
    this.#lower = lower;
    this.#size = size;
    for (let parent = (size >> 1) - 1; parent >= 0; parent--) this.#sink(parent);
  }

  #sink(start: number): void {
    const heap = this.#heap;
    const logits = this.#logits;
    const size = this.#size;
    let parent = start;
    const moving = heap[parent] as number;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= size) break;
      if (child + 1 < size && precedes(heap[child + 1] as number, heap[child] as number, logits))
        child += 1;
      if (!precedes(heap[child] as number, moving, logits)) break;
      heap[parent] = heap[child] as number;
      parent = child;
    }
    heap[parent] = moving;
  }
}

function precedes(a: number, b: number, logits: ArrayLike<number>): boolean {
  const logitA = logits[a] as number;
  const logitB = logits[b] as number;
  return logitA > logitB || (logitA === logitB && a < b);
}
