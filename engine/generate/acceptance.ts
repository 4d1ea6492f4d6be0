import type { DraftRecord } from "../trace/schema.ts";

/** Drafts that verification came to; `rate` is null where it came to none. */
export interface AcceptanceRate {
  readonly judged: number;
  readonly accepted: number;
  readonly rate: number | null;
}

/** How far drafts went. */
export interface Acceptance extends AcceptanceRate {
  /** Of the first draft of a step, the second and so on: one is judged where all before it in its step were accepted. */
  readonly byPosition: readonly AcceptanceRate[];
  /** Steps that tokens came from, the prompt's among them. */
  readonly steps: number;
  /** Tokens of a step, end tokens too; null before the first. */
  readonly tokensPerStep: number | null;
}

/** Counts what became of drafts. */
export class AcceptanceCount {
  readonly #judged: number[] = [];
  readonly #accepted: number[] = [];
  #steps = 0;
  #tokens = 0;

  /** Takes a token of the text. @param position within the tokens of its step, from 0 */
  note({ verdict }: DraftRecord, position: number): void {
    this.#tokens += 1;
    if (position === 0) this.#steps += 1;
    if (verdict !== "accepted" && verdict !== "rejected") return;
    this.#judged[position] = (this.#judged[position] ?? 0) + 1;
    this.#accepted[position] = (this.#accepted[position] ?? 0) + (verdict === "accepted" ? 1 : 0);
  }

  get value(): Acceptance {
    const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);
    return {
      ...rateOf(sum(this.#judged), sum(this.#accepted)),
      byPosition: this.#judged.map((judged, i) => rateOf(judged, this.#accepted[i] ?? 0)),
      steps: this.#steps,
      tokensPerStep: this.#steps === 0 ? null : this.#tokens / this.#steps,
    };
  }
}

function rateOf(judged: number, accepted: number): AcceptanceRate {
  return { judged, accepted, rate: judged === 0 ? null : accepted / judged };
}
