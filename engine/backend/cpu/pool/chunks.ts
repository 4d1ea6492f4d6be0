import { type Control, WORD } from "./control.ts";

/** A kernel, called with numbers alone. */
export type KernelFunction = (...args: number[]) => number | undefined;

/** Does the chunks of jobs, on one thread. */
export class Chunks {
  readonly #control: Control;
  readonly #kernels: (memory: number) => readonly KernelFunction[];
  readonly #thread: number;

  /** @param kernels the exports of this thread's instance on a memory, in the order of the module */
  constructor(
    control: Control,
    kernels: (memory: number) => readonly KernelFunction[],
    thread: number,
  ) {
    this.#control = control;
    this.#kernels = kernels;
    this.#thread = thread;
  }

  /** Does the chunk of the current job that was taken when `left` were left, and keeps what its kernel answers. */
  run(left: number): void {
    const { words, args } = this.#control;
    const count = words[WORD.argumentCount] as number;
    const list: number[] = [];
    for (let i = 0; i < count; i++) list.push(args[i] as number);
    const chunk = (words[WORD.chunks] as number) - left;
    list.push(boundary(words, chunk), boundary(words, chunk + 1));
    const threadBytes = words[WORD.threadBytes] as number;
    if (threadBytes > 0) list.push((args[count] as number) + this.#thread * threadBytes);
    const kernels = this.#kernels(words[WORD.memory] as number);
    const answer = (kernels[words[WORD.kernel] as number] as KernelFunction)(...list);
    if (answer !== undefined && answer >= 0) Atomics.store(words, WORD.answer, answer);
  }
}

/** Where a chunk begins: a multiple of the grain, the total behind the last one. */
function boundary(words: Int32Array, chunk: number): number {
  const [total, grain] = [words[WORD.total] as number, words[WORD.grain] as number];
  const chunks = words[WORD.chunks] as number;
  if (chunk === chunks) return total;
  return Math.floor((Math.ceil(total / grain) * chunk) / chunks) * grain;
}
