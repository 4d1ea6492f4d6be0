import type { LeadingArguments, RangeKernel, ScratchKernel, SplitWork } from "../rangeKernels.ts";
import { type Argument, END, growing, ROW, START, STEP_NUMBERS, TOKENS } from "./growing.ts";
import type { DeviceContext, Runner } from "./prepareContext.ts";

/**
 * A call of a kernel as an operator of one sequence makes it in every step: written down, so that the calls of several
 * sequences can be made as one.
 */
export interface Call {
  readonly kernel: RangeKernel;
  readonly args: readonly Argument[];
  /** Its range is [0, total). */
  readonly total: Argument;
  /** What all of it takes one thread, about; nanoseconds. */
  readonly ns: StepSize;
  readonly scratchBytes: StepSize | null;
}

/** Something that is the larger the longer a step is. */
type StepSize = (nTokens: number, start: number) => number;

type Described<K extends RangeKernel> = Pick<Call, "total" | "ns"> &
  (K extends ScratchKernel ? { readonly scratchBytes: StepSize | number } : unknown);

/** Each number, or one that grows. */
type Arguments<A extends readonly unknown[]> = { readonly [I in keyof A]: A[I] | Argument };

/** Writes a call down; its arguments are those of the kernel before its range. */
export function callOf<K extends RangeKernel>(
  kernel: K,
  work: Described<K>,
  args: Arguments<LeadingArguments<K>>,
): Call {
  const { total, ns } = work;
  const { scratchBytes = null } = work as { readonly scratchBytes?: StepSize | number };
  const scratch = typeof scratchBytes === "number" ? () => scratchBytes : scratchBytes;
  return { kernel, args: args as readonly Argument[], total, ns, scratchBytes: scratch };
}

/** Makes the calls of one operator one after the other. */
export function runnerOf(calls: readonly Call[], { split }: Pick<DeviceContext, "split">): Runner {
  const prepared = calls.map(({ kernel, args, total, ns, scratchBytes }) => ({
    kernel,
    args: args.map((argument) => growing(argument).base),
    changing: args.flatMap((argument, at) =>
      growing(argument).factor === 0 ? [] : [{ at, value: growing(argument) }],
    ),
    total: growing(total),
    ns,
    scratchBytes,
  }));
  const numbers = new Float64Array(STEP_NUMBERS);
  return (nTokens, start, row) => {
    numbers[ROW] = row;
    numbers[START] = start;
    numbers[END] = start + nTokens;
    numbers[TOKENS] = nTokens;
    for (const { kernel, args, changing, total, ns, scratchBytes } of prepared) {
      for (const { at, value } of changing) args[at] = value.at(numbers[value.by] as number);
      const work = {
        total: total.at(numbers[total.by] as number),
        ns: ns(nTokens, start),
        ...(scratchBytes !== null && { scratchBytes: scratchBytes(nTokens, start) }),
      };
      split(kernel, work as SplitWork<RangeKernel>, args as never);
    }
  };
}
