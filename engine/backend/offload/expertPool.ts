import type { DeviceTensor } from "../deviceTensor.ts";
import type { ExpertStack } from "./expertStack.ts";

/** An expert that is to be brought to the device, and its place there. */
export interface ExpertLoad {
  readonly expert: number;
  readonly slot: number;
}

/** Tokens of a step whose experts have room on the device at the same time. */
export interface TokenRange {
  readonly first: number;
  readonly count: number;
  readonly experts: ReadonlySet<number>;
}

/** Places on the device for some of the experts of one operator: who was used last stays longest. */
export class ExpertPool {
  readonly stacks: readonly ExpertStack[];
  /** (slots, ...) for each stack. */
  readonly tensors: readonly DeviceTensor[];
  readonly slots: number;
  /** Experts that are there, the one used least recently first. */
  readonly #slotOf = new Map<number, number>();

  constructor(stacks: readonly ExpertStack[], tensors: readonly DeviceTensor[]) {
    this.stacks = stacks;
    this.tensors = tensors;
    this.slots = tensors[0]?.shape[0] ?? 0;
  }

  get bytes(): number {
    return this.tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  }

  /** Where an expert is; -1 for the expert -1. */
  slotOf(expert: number): number {
    return this.#slotOf.get(expert) ?? -1;
  }

  /**
   * Gives experts places, and takes those of others that were not used for longest.
   * @returns those that were not there
   */
  place(experts: ReadonlySet<number>): ExpertLoad[] {
    const missing: number[] = [];
    for (const expert of experts) {
      const slot = this.#slotOf.get(expert);
      if (slot === undefined) missing.push(expert);
      else this.#use(expert, slot);
    }
    return missing.map((expert) => {
      const slot = this.#slotOf.size < this.slots ? this.#slotOf.size : this.#leastRecent();
      this.#use(expert, slot);
      return { expert, slot };
    });
  }

  /** What is on the device of an expert is no longer what its stacks hold. */
  forgetAll(): void {
    this.#slotOf.clear();
  }

  /** Cuts a step's tokens into ranges, in order. @param indices (T, k) experts, -1 for none */
  ranges(indices: Int32Array, k: number): TokenRange[] {
    const ranges: TokenRange[] = [];
    let experts = new Set<number>();
    let first = 0;
    const nTokens = indices.length / k;
    for (let t = 0; t < nTokens; t++) {
      const own = [...indices.subarray(t * k, (t + 1) * k)].filter((expert) => expert >= 0);
      const together = new Set([...experts, ...own]);
      if (together.size > this.slots) {
        ranges.push({ first, count: t - first, experts });
        first = t;
        experts = new Set(own);
      } else experts = together;
    }
    ranges.push({ first, count: nTokens - first, experts });
    return ranges;
  }

  #use(expert: number, slot: number): void {
    this.#slotOf.delete(expert);
    this.#slotOf.set(expert, slot);
  }

  #leastRecent(): number {
    const [oldest] = this.#slotOf;
    if (oldest === undefined) throw new Error("a pool has at least one slot");
    this.#slotOf.delete(oldest[0]);
    return oldest[1];
  }
}
