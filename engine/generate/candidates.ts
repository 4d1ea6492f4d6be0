import { expNonPositive } from "../tensor/expNonPositive.ts";
import { distanceFrom, entropyHead, entropyOf, typicalDistance } from "./cutByEntropy.ts";
import { Ranking } from "./ranking.ts";

/** What is left of the vocabulary to draw from. */
export interface CutOffs {
  /** The k likeliest tokens; 0 keeps all. */
  readonly topK: number;
  /** The smallest head of the ranking whose share of what top-k left is at least p, in (0, 1]. */
  readonly topP: number;
  /** Of those, tokens at least this many times as probable as the likeliest, in [0, 1]. */
  readonly minP: number;
  /** Before all others: the likeliest tokens with at most this share of the entropy of the 100 likeliest; 0 keeps all. */
  readonly topH?: number;
  /** Behind min-p: the tokens nearest to the entropy that have at least this share together, in (0, 1]. */
  readonly typicalP?: number;
  /** Of those, tokens of at least this probability, in [0, 1); one is always kept. */
  readonly epsilonCutoff?: number;
  /** Of those, tokens of at least the probability min(eta, sqrt(eta) e^-entropy), in [0, 1); one is always kept. */
  readonly etaCutoff?: number;
}

/** Tokens that top-H looks at. */
const TOP_H_TOKENS = 100;

/** Whether all tokens are left to draw from. */
export function cutsNothing(cutOffs: CutOffs): boolean {
  const { topK, topP, minP } = cutOffs;
  return topK === 0 && topP === 1 && minP === 0 && onlyLooksAtHead(cutOffs);
}

/** Whether nothing but top-k, top-p and min-p cuts. */
export function onlyLooksAtHead(cutOffs: Partial<CutOffs>): boolean {
  const { topH = 0, typicalP = 1, epsilonCutoff = 0, etaCutoff = 0 } = cutOffs;
  return topH === 0 && typicalP === 1 && epsilonCutoff === 0 && etaCutoff === 0;
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
 * The cut-offs apply in the order of transformers 5.18: top-H, top-k, top-p, min-p, typical, epsilon, eta, each to what the
 * one before it left.
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

  select(row: Row, cutOffs: CutOffs): void {
    const { topK, topP, minP, topH = 0 } = cutOffs;
    const most = topK === 0 ? row.logits.length : topK;
    if (topH > 0) {
      this.#collect(row, TOP_H_TOKENS, Number.POSITIVE_INFINITY, 0);
      this.#shorten(Math.min(most, entropyHead(this.#kept, this.#totalWeight, topH)));
      if (topP < 1) this.#shortenToWeight(topP * this.#totalWeight);
    } else if (topP === 1) this.#collect(row, most, Number.POSITIVE_INFINITY, minP);
    else if (topK === 0) this.#collect(row, most, topP * row.totalWeight(), 0);
    else {
      this.#collect(row, most, Number.POSITIVE_INFINITY, 0);
      this.#shortenToWeight(topP * this.#totalWeight);
    }
    let count = this.#count;
    while (count > 0 && this.#weightAt(count - 1) < minP) count -= 1;
    this.#shorten(count);
    this.#cutByProbability(cutOffs);
  }

  #cutByProbability({ typicalP = 1, epsilonCutoff = 0, etaCutoff = 0 }: CutOffs): void {
    if (typicalP < 1) this.#keepTypical(typicalP);
    if (epsilonCutoff > 0) this.#keepProbable(epsilonCutoff);
    if (etaCutoff > 0) {
      const entropy = entropyOf(this.#kept, this.#totalWeight);
      this.#keepProbable(Math.min(etaCutoff, Math.sqrt(etaCutoff) * Math.exp(-entropy)));
    }
  }

  #keepTypical(mass: number): void {
    const total = this.#totalWeight;
    const entropy = entropyOf(this.#kept, total);
    const distance = typicalDistance(this.#kept, total, mass);
    let count = 0;
    for (let i = 0; i < this.#count; i++) {
      const weight = this.#weightAt(i);
      if (distanceFrom(entropy, weight / total) > distance) continue;
      this.#ids[count] = this.#ids[i] as number;
      this.#weights[count] = weight;
      count += 1;
    }
    this.#shorten(count);
  }

  /** Tokens as likely as the likeliest stay, too. */
  #keepProbable(probability: number): void {
    const least = Math.min(probability * this.#totalWeight, this.#weightAt(0));
    let count = this.#count;
    while (this.#weightAt(count - 1) < least) count -= 1;
    this.#shorten(count);
  }

  /**
   * The id at `uniform`, in [0, 1), of the cumulative distribution over the ids that the cut-offs keep, likeliest first.
   */
  draw(row: Row, cutOffs: CutOffs, uniform: number): number {
    if (cutsNothing(cutOffs)) return this.#drawFromAll(row, uniform * row.totalWeight());
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

  get #kept(): Float64Array {
    return this.#weights.subarray(0, this.#count);
  }

  #weightAt(index: number): number {
    return this.#weights[index] as number;
  }
}

function weigh({ logits, max, temperature }: Row, id: number): number {
  return expNonPositive(((logits[id] as number) - max) / temperature);
}
