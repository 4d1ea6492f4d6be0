import { InputError } from "../errors.ts";

/** The repetition penalty and the bias: what changes logits before anything is chosen. */
export class LogitChanges {
  readonly #penalty: number;
  readonly #bias: readonly (readonly [id: number, add: number])[];
  readonly #seen = new Set<number>();
  #changed = new Float64Array(0);

  /** @throws InputError ERR_SAMPLING where the bias is not one of numbers to token ids */
  constructor(penalty: number, bias: Readonly<Record<number, number>>) {
    this.#penalty = penalty;
    this.#bias = Object.entries(bias).map(([id, add]) => [Number(id), add]);
    for (const [id, add] of this.#bias) {
      if (!Number.isSafeInteger(id) || id < 0)
        throw refusal("token ids as keys", id, "Look ids up with model.tokenizer.tokenId.");
      if (typeof add !== "number" || !(add < Number.POSITIVE_INFINITY))
        throw refusal(
          `a finite number or -Infinity for token ${id}`,
          add,
          "To force a token, forbid the others or add a large number.",
        );
    }
  }

  /** Whether any logit may change. */
  get isActive(): boolean {
    return this.#penalty !== 1 || this.#bias.length > 0;
  }

  observe(ids: Iterable<number>): void {
    if (this.#penalty !== 1) for (const id of ids) this.#seen.add(id);
  }

  /** @returns the logits themselves where nothing changes; else (V) f64 that the next call overwrites */
  apply(logits: ArrayLike<number>): ArrayLike<number> {
    if (this.#seen.size === 0 && this.#bias.length === 0) return logits;
    if (this.#changed.length !== logits.length) this.#changed = new Float64Array(logits.length);
    const changed = this.#changed;
    changed.set(logits);
    for (const id of this.#seen) {
      const logit = changed[id];
      if (logit !== undefined)
        changed[id] = logit > 0 ? logit / this.#penalty : logit * this.#penalty;
    }
    for (const [id, add] of this.#bias) {
      const logit = changed[id];
      if (logit === undefined)
        throw refusal(
          `token ids below ${changed.length}`,
          id,
          "The model's vocabulary has no such token.",
        );
      changed[id] = logit + add;
    }
    return changed;
  }
}

function refusal(expected: string, got: unknown, fix: string): InputError {
  return new InputError(
    "ERR_SAMPLING",
    `sampling logitBias: expected ${expected}, got ${got}. ${fix}`,
  );
}
