import { expNonPositive } from "./expNonPositive.ts";
import { Ranking } from "./ranking.ts";

/** What is left of the vocabulary to draw from; the cut-offs apply in this order. */
export interface CutOffs {
  /** The k likeliest tokens; 0 keeps all. */
  readonly topK: number;
  /** The smallest head of the ranking whose share of what top-k left is at least p, in (0, 1]. */
  readonly topP: number;
  /** Of those, tokens at least this many times as probable as the likeliest, in [0, 1]. */
  readonly minP: number;
}

/** A row of logits as sampling sees it. */
export interface Row {
  /** (V), natural-log scale, no NaN; -Infinity forbids a token. */
  readonly logits: ArrayLike<number>;
  /** The largest logit; finite. */
  readonly max: number;
  /** Above 0. */
  readonly temperature: number;
  /** The sum over all ids, in their order, of e^((logit - max) / temperature); asked for where it matters. */
  readonly totalWeight: () => number;
}

/**
 * Tokens that sampling may choose from, likeliest first. A token weighs e^((logit - max) / temperature); tokens of weight 0
 * are never kept. One object serves row after row: its arrays are used again.
 * @see arXiv:1805.04833 (top-k), arXiv:1904.09751 (top-p), arXiv:2407.01082 (min-p)
 */
export class Candidates {
  readonly #ranking = new Ranking();
  #ids = new Uint32Array(64);
  #weights = new Float64Array(64);
  #count = 0;
  #totalWeight = 0;

  /** The ids kept, likeliest first. */
  get ids(): Uint32Array {
    return this.#ids.subarray(0, this.#count);
  }

  /** Of the ids kept. */
  get totalWeight(): number {
    return this.#totalWeight;
  }

  select(row: Row, { topK, topP, minP }: CutOffs): void {
    const most = topK === 0 ? row.logits.length : topK;
    if (topP === 1) this.#collect(row, most, Number.POSITIVE_INFINITY, minP);
    else if (topK === 0) this.#collect(row, most, topP * row.totalWeight(), 0);
    else {
      this.#collect(row, most, Number.POSITIVE_INFINITY, 0);
      this.#shortenToWeight(topP * this.#totalWeight);
    }
    let count = this.#count;
    while (count > 0 && this.#weightAt(count - 1) < minP) count -= 1;
    this.#shorten(count);
  }

  /**
   * The id at `uniform`, in [0, 1), of the cumulative distribution over the ids that the cut-offs keep, likeliest first.
   */
  draw(row: Row, cutOffs: CutOffs, uniform: number): number {
    if (cutOffs.topK === 0 && cutOffs.topP === 1 && cutOffs.minP === 0)
      return this.#drawFromAll(row, uniform * row.totalWeight());
    this.select(row, cutOffs);
    const mark = uniform * this.#totalWeight;
    let cumulative = 0;
    for (let i = 0; i < this.#count; i++) {
      cumulative += this.#weightAt(i);
      if (cumulative > mark) return this.#ids[i] as number;
    }
    return this.#ids[this.#count - 1] as number; // rounding let none pass
  }

  #drawFromAll(row: Row, mark: number): number {
    this.#ranking.start(row.logits, row.max, row.temperature);
    let cumulative = 0;
    let last = 0;
    for (let id = this.#ranking.next(); id >= 0; id = this.#ranking.next()) {
      const weight = weigh(row, id);
      if (weight === 0) break;
      cumulative += weight;
      last = id;
      if (cumulative > mark) break;
    }
    return last;
  }

  /** At most `most` ids, until they weigh `enough` together, none lighter than `least`. */
  #collect(row: Row, most: number, enough: number, least: number): void {
    this.#ranking.start(row.logits, row.max, row.temperature);
    this.#count = 0;
    this.#totalWeight = 0;
    while (this.#count < most && this.#totalWeight < enough) {
      const id = this.#ranking.next();
      const weight = id < 0 ? 0 : weigh(row, id);
      if (weight === 0 || weight < least) break;
      this.#push(id, weight);
    }
  }

  #push(id: number, weight: number): void {
    if (this.#count === this.#ids.length) {
      const [ids, weights] = [this.#ids, this.#weights];
      this.#ids = new Uint32Array(2 * ids.length);
      this.#weights = new Float64Array(2 * ids.length);
      this.#ids.set(ids);
      this.#weights.set(weights);
    }
    this.#ids[this.#count] = id;
    this.#weights[this.#count] = weight;
    this.#count += 1;
    this.#totalWeight += weight;
  }

  #shortenToWeight(enough: number): void {
    let weight = 0;
    let count = 0;
    while (count < this.#count && weight < enough) weight += this.#weightAt(count++);
    this.#shorten(count);
  }

  #shorten(count: number): void {
    this.#count = count;
    this.#totalWeight = 0;
    for (let i = 0; i < count; i++) this.#totalWeight += this.#weightAt(i);
  }

  #weightAt(index: number): number {
    return this.#weights[index] as number;
  }
}

function weigh({ logits, max, temperature }: Row, id: number): number {
  return expNonPositive(((logits[id] as number) - max) / temperature);
}
