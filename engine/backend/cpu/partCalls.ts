import type { Allocator } from "./allocator.ts";
import type { Work } from "./pool/pool.ts";
import type { Scratch } from "./scratch.ts";

/** Kernels that `inParts` calls, by the numbers that wasm/parts.ts has for them: those of operators of one sequence. */
const PART_KERNELS: ReadonlyMap<string, number> = new Map(
  [
    "addPosition",
    "attention",
    "attentionOver",
    "attentionScores",
    "copyHeads",
    "indexScores",
    "mixValues",
    "mlaExpandKeys",
    "mlaLatent",
    "multiplyHeads",
    "rope",
    "selectKeys",
    "softmaxRows",
  ].map((name, number) => [name, number]),
);

/** What a kernel has to do, with the scratch that each thread needs for it. */
export type KernelWork = Work & { readonly scratchBytes?: number };

/** Calls a kernel over its range. */
type Call = (kernel: string, work: KernelWork, args: readonly number[]) => number;

/** Calls of one kernel, one of every part. */
interface Calls {
  readonly kernel: string;
  readonly works: KernelWork[];
  readonly args: (readonly number[])[];
}

/**
 * Calls that an operator makes for each of several parts, held back until all have made theirs: then those of one kernel are one
 * call, over the ranges of all parts, which threads share out as if they were one.
 */
export class PartCalls {
  readonly #call: Call;
  readonly #allocator: Allocator;
  readonly #tables: Scratch;
  /** By their place among the calls of a part; null while nothing is held back. */
  #held: Calls[] | null = null;
  /** Calls that the part at hand has made. */
  #made = 0;

  /** @param tables memory for the arguments, used by nothing else */
  constructor(call: Call, allocator: Allocator, tables: Scratch) {
    this.#call = call;
    this.#allocator = allocator;
    this.#tables = tables;
  }

  /** From now on calls are held back. */
  hold(): void {
    this.#held = [];
  }

  /** The calls that follow are those of the next part. */
  nextPart(): void {
    this.#made = 0;
  }

  /** @returns whether the call was held back; a kernel that no part calls is to be called at once */
  take(kernel: string, work: KernelWork, args: readonly number[]): boolean {
    if (this.#held === null || !PART_KERNELS.has(kernel)) return false;
    const calls = this.#held[this.#made];
    if (calls === undefined) this.#held.push({ kernel, works: [work], args: [args] });
    else if (calls.kernel === kernel) {
      calls.works.push(work);
      calls.args.push(args);
    } else throw new Error(`parts call ${kernel} beside ${calls.kernel}`);
    this.#made += 1;
    return true;
  }

  /** Makes the calls that were held back. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const calls of held) this.#run(calls);
  }

  /** Forgets them. */
  drop(): void {
    this.#held = null;
  }

  #run({ kernel, works, args }: Calls): void {
    const [work, first] = [works[0], args[0]];
    if (work === undefined || first === undefined) return;
    if (works.length === 1) {
      this.#call(kernel, work, first);
      return;
    }
    const stride = 1 + first.length;
    const address = this.#tables.reserve(8 * stride * works.length);
    const table = this.#allocator.doubles;
    let [at, total, ns, scratchBytes] = [address / 8, 0, 0, 8];
    works.forEach((part, i) => {
      total += part.total;
      ns += part.ns;
      scratchBytes = Math.max(scratchBytes, part.scratchBytes ?? 0);
      table[at++] = total;
      for (const argument of args[i] as readonly number[]) table[at++] = argument;
    });
    const number = PART_KERNELS.get(kernel) as number;
    this.#call("inParts", { total, ns, scratchBytes }, [number, address, stride]);
  }
}
