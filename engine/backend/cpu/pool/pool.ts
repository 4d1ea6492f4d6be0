import type { BackendError } from "../../../base/errors.ts";
import { Chunks, type KernelFunction } from "./chunks.ts";
import {
  CONTROL_BYTES,
  type Control,
  controlOf,
  LEFT_MASK,
  POSTED,
  TAKEN_BY_MAIN,
  WORD,
} from "./control.ts";
import { Payoff } from "./payoff.ts";
import { chunksOf, SPLIT_RULE, type SplitRule } from "./splitRule.ts";
import { startThread, type Thread } from "./startThread.ts";

/** What a kernel has to do, as the pool sees it. */
export interface Work {
  /** The range is [0, total). */
  readonly total: number;
  /** Chunks begin at multiples of this; default 1. */
  readonly grain?: number;
  /** What all of it takes one thread, about; nanoseconds. */
  readonly ns: number;
}

/** Working memory of a kernel, which follows its range: so many bytes from `address` on for each thread. */
export interface ThreadScratch {
  readonly address: number;
  readonly bytes: number;
  /** Threads that it has room for: those of the pool, or the calling one alone. */
  readonly threads: number;
}

/** Of kernels that take none. */
export const NO_SCRATCH: ThreadScratch = {
  address: 0,
  bytes: 0,
  threads: Number.POSITIVE_INFINITY,
};

export interface PoolOptions {
  readonly module: WebAssembly.Module;
  /** Shared, unless there is one thread. */
  readonly memory: WebAssembly.Memory;
  /** The exports of the main thread's instance. */
  readonly exports: WebAssembly.Exports;
  /** With the calling one. */
  readonly threads: number;
  readonly rule?: SplitRule;
}

/** How long a thread waits on its feet before it sleeps. */
const SPIN_MS = 0.05;
/** Loads of a word between two looks at the clock. */
const loadsPerLook = 64;

/** Ends the threads of pools that were forgotten without `end`: a thread keeps the memory that it works in. */
const forgotten = new FinalizationRegistry<readonly Thread[]>(endAll);

/**
 * Threads that do a kernel's range in chunks; the caller is one of them and waits for nobody who has taken nothing. Who does a
 * chunk changes no bit of it: chunks write to different places, and no kernel sums over the range that it is cut along.
 *
 * The caller may be ended by V8 anywhere in `run`. Whatever is called next then waits, by `settle`, for the chunks that workers
 * have in hand.
 */
export class Pool {
  readonly threads: number;
  readonly #module: WebAssembly.Module;
  readonly #memories: WebAssembly.Memory[];
  /** Of the main thread's instances, by the memories' numbers. */
  readonly #kernels: (readonly KernelFunction[])[];
  readonly #names: ReadonlyMap<string, number>;
  /** The kernel that says how large its memory is. */
  readonly #memoryPages: number;
  readonly #rule: SplitRule;
  readonly #payoff = new Payoff();
  #control: Control;
  #chunks: Chunks;
  readonly #workers: Thread[] = [];
  #failure: BackendError | null = null;
  #doneByWorkers = 0;

  /** @throws BackendError ERR_THREADS */
  constructor({ module, memory, exports, threads, rule = SPLIT_RULE }: PoolOptions) {
    this.threads = threads;
    this.#module = module;
    this.#memories = [memory];
    this.#kernels = [Object.values(exports) as KernelFunction[]];
    this.#names = new Map(Object.keys(exports).map((name, index) => [name, index]));
    this.#memoryPages = this.#names.get("memoryPages") as number;
    this.#rule = rule;
    [this.#control, this.#chunks] = this.#start();
    if (threads > 1) forgotten.register(this, this.#workers, this);
  }

  /**
   * Adds a memory that kernels may work in, with the next number. Threads cannot be told of one while they wait for jobs: others take
   * their place.
   * @param exports of the main thread's instance
   * @throws BackendError ERR_THREADS
   */
  addMemory(memory: WebAssembly.Memory, exports: WebAssembly.Exports): void {
    this.settle();
    this.#memories.push(memory);
    this.#kernels.push(Object.values(exports) as KernelFunction[]);
    const before = this.#workers.splice(0);
    try {
      [this.#control, this.#chunks] = this.#start();
    } finally {
      endAll(before);
    }
  }

  /** Starts the threads, with a control of their own. */
  #start(): [Control, Chunks] {
    const { threads } = this;
    const shared = threads > 1 ? new SharedArrayBuffer(CONTROL_BYTES) : null;
    const control = controlOf(shared ?? new ArrayBuffer(CONTROL_BYTES));
    const kernels = this.#kernels; // no function here may know `this`: the workers keep what `onFailure` can see
    const chunks = new Chunks(control, (memory) => kernels[memory] ?? [], 0);
    if (shared === null) return [control, chunks];
    const self = new WeakRef(this);
    const onFailure = (error: BackendError): void => {
      const pool = self.deref();
      if (pool !== undefined) pool.#failure = error;
    };
    const given = { module: this.#module, memories: this.#memories, control: shared };
    try {
      for (let thread = 1; thread < threads; thread++)
        this.#workers.push(startThread({ ...given, thread, spinMs: SPIN_MS }, onFailure));
    } catch (error) {
      endAll(this.#workers);
      throw error;
    }
    return [control, chunks];
  }

  /** Chunks that workers have done of all jobs that were joined. */
  get doneByWorkers(): number {
    return this.#doneByWorkers;
  }

  /**
   * Calls the kernel of that name with `args` and the range, or with parts of the range on several threads, and returns when
   * all of it is done.
   * @param memory the number of the one that it works in
   * @returns what the kernel answers, which must be the same for every part; -1 if it answers nothing
   * @throws WebAssembly.RuntimeError where the kernel traps, on whichever thread; BackendError ERR_THREADS
   */
  run(
    name: string,
    { total, grain = 1, ns }: Work,
    args: readonly number[],
    scratch: ThreadScratch = NO_SCRATCH,
    memory = 0,
  ): number {
    const kernel = this.#names.get(name) as number;
    const threads = Math.min(this.threads, scratch.threads);
    const chunks = chunksOf(this.#rule, threads, Math.ceil(total / grain), ns);
    if (chunks === 1 || (this.#rule.rests && this.#payoff.isResting(performance.now()))) {
      const run = this.#kernels[memory]?.[kernel] as KernelFunction;
      const answer =
        scratch.bytes > 0 ? run(...args, 0, total, scratch.address) : run(...args, 0, total);
      return answer ?? -1;
    }
    this.settle();
    if (this.#failure !== null) throw this.#failure;
    const { words } = this.#control;
    this.#control.args.set(args);
    this.#control.args[args.length] = scratch.address;
    words[WORD.kernel] = kernel;
    words[WORD.argumentCount] = args.length;
    words[WORD.total] = total;
    words[WORD.grain] = grain;
    words[WORD.chunks] = chunks;
    words[WORD.threadBytes] = scratch.bytes;
    words[WORD.failure] = 0;
    words[WORD.answer] = -1;
    words[WORD.memory] = memory;
    const kernels = this.#kernels[memory] as readonly KernelFunction[];
    words[WORD.pages] = (kernels[this.#memoryPages] as KernelFunction)() as number;
    words[WORD.done] = 0;
    words[WORD.isJoinAsleep] = 0;
    this.#share(chunks);
    return words[WORD.answer] as number;
  }

  /** Waits until no worker is at work: the job before may have been left in its middle. What nobody has taken is not done. */
  settle(): void {
    const { words } = this.#control;
    for (;;) {
      const state = Atomics.load(words, WORD.state);
      if (state === 0) return;
      const left = state & LEFT_MASK;
      const none = state + left * (TAKEN_BY_MAIN - 1);
      if (left === 0 || Atomics.compareExchange(words, WORD.state, state, none) === state) break;
    }
    this.#join();
  }

  /** Ends the threads, whatever they do. */
  end(): void {
    forgotten.unregister(this);
    endAll(this.#workers);
  }

  /** Hands the job out, does its part, and waits for the others. */
  #share(chunks: number): void {
    const { words } = this.#control;
    const startMs = performance.now();
    Atomics.store(words, WORD.state, POSTED | chunks);
    if (Atomics.load(words, WORD.asleep) > 0) Atomics.notify(words, WORD.state);
    let [mine, mineMs, slowestMs, nowMs] = [0, 0, 0, startMs];
    try {
      for (let left = this.#take(); left > 0; left = this.#take()) {
        const fromMs = performance.now();
        this.#chunks.run(left);
        nowMs = performance.now();
        mine += 1;
        mineMs += nowMs - fromMs;
        slowestMs = Math.max(slowestMs, nowMs - fromMs);
      }
    } catch (error) {
      this.settle();
      throw error;
    }
    this.#join();
    const failed = words[WORD.failure] as number;
    if (failed > 0) throw trapOf(this.#control.message.subarray(0, failed));
    nowMs = performance.now();
    this.#payoff.note({ wallMs: nowMs - startMs, chunks, mine, mineMs, slowestMs }, nowMs);
  }

  /** Takes a chunk, in one step with the count of those that it has taken. @returns how many were left before; 0 for none */
  #take(): number {
    const { words } = this.#control;
    for (;;) {
      const state = Atomics.load(words, WORD.state);
      const left = state & LEFT_MASK;
      const less = state - 1 + TAKEN_BY_MAIN;
      if (left === 0 || Atomics.compareExchange(words, WORD.state, state, less) === state)
        return left;
    }
  }

  /** Waits until workers have done what they have taken. Nothing is left to take. */
  #join(): void {
    const { words } = this.#control;
    const mine = (Atomics.load(words, WORD.state) & ~POSTED) / TAKEN_BY_MAIN;
    const theirs = (words[WORD.chunks] as number) - mine;
    const isDone = (): boolean => Atomics.load(words, WORD.done) === theirs;
    const sleepsAtMs = performance.now() + SPIN_MS;
    while (!isDone()) {
      for (let i = 0; i < loadsPerLook && !isDone(); i++);
      if (MAY_SLEEP && performance.now() > sleepsAtMs) this.#sleepUntil(theirs);
    }
    this.#doneByWorkers += theirs;
    Atomics.store(words, WORD.state, 0);
  }

  /** Leaves the core to a worker that lost its own with a chunk in hand. */
  #sleepUntil(theirs: number): void {
    const { words } = this.#control;
    Atomics.store(words, WORD.isJoinAsleep, 1);
    for (let done = -1; done !== theirs; ) {
      done = Atomics.load(words, WORD.done);
      if (done !== theirs) Atomics.wait(words, WORD.done, done);
    }
    Atomics.store(words, WORD.isJoinAsleep, 0);
  }
}

/** May this thread sleep in Atomics.wait? The main thread of a page may not: there it spins. */
const MAY_SLEEP = maySleep();

function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

function endAll(threads: readonly Thread[]): void {
  for (const thread of threads) thread.end();
}

/** The error that the kernel would have thrown on the main thread. */
function trapOf(message: Uint16Array): WebAssembly.RuntimeError {
  return new WebAssembly.RuntimeError(String.fromCharCode(...message));
}
