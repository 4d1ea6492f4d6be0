import { Chunks, type KernelFunction } from "./chunks.ts";
import { type Control, controlOf, LEFT_MASK, WORD, type WorkerData } from "./control.ts";

/**
 * What a worker runs: bundled into workerSource.generated.ts, so that it starts alike under a loader, from a bundle, in the
 * process of a kernel and in a page. It takes chunks of jobs, waits for the next job on its feet, and then asleep.
 */

/** Loads of a word between two looks at the clock. */
const loadsPerLook = 64;

function work({ module, memories, control: buffer, thread, spinMs }: WorkerData): void {
  const control = controlOf(buffer);
  const instances = memories.map(
    (memory) => new WebAssembly.Instance(module, { env: { memory } }).exports,
  );
  const kernels = instances.map((exports) => Object.values(exports) as KernelFunction[]);
  const sizes = instances.map(({ memoryPages }) => memoryPages as () => number);
  /**
   * Tells this thread how large the job's memory is. V8 tells other threads of one that has grown by an interrupt, between two turns of
   * a loop; until then memory.fill and memory.copy trap where it is new. A thread that receives the memory just then is never told.
   * Growing by nothing asks for the size.
   */
  const catchUp = (): void => {
    const [memory, pages] = [
      control.words[WORD.memory] as number,
      control.words[WORD.pages] as number,
    ];
    if ((sizes[memory] as () => number)() < pages) (memories[memory] as WebAssembly.Memory).grow(0);
  };
  const chunks = new Chunks(control, (memory) => kernels[memory] ?? [], thread);
  for (;;) {
    takeChunks(control, chunks, catchUp);
    if (!spin(control, spinMs)) sleep(control);
  }
}

function takeChunks(control: Control, chunks: Chunks, catchUp: () => void): void {
  const { words } = control;
  for (;;) {
    const state = Atomics.load(words, WORD.state);
    const left = state & LEFT_MASK;
    if (left === 0) return;
    if (Atomics.compareExchange(words, WORD.state, state, state - 1) !== state) continue;
    try {
      catchUp();
      chunks.run(left);
    } catch (error) {
      tell(control, error);
    }
    Atomics.add(words, WORD.done, 1);
    if (Atomics.load(words, WORD.isJoinAsleep)) Atomics.notify(words, WORD.done);
  }
}

/** @returns whether a job came */
function spin({ words }: Control, spinMs: number): boolean {
  const end = performance.now() + spinMs;
  do {
    for (let i = 0; i < loadsPerLook; i++)
      if (Atomics.load(words, WORD.state) & LEFT_MASK) return true;
  } while (performance.now() < end);
  return false;
}

function sleep({ words }: Control): void {
  Atomics.add(words, WORD.asleep, 1);
  const state = Atomics.load(words, WORD.state);
  if ((state & LEFT_MASK) === 0) Atomics.wait(words, WORD.state, state);
  Atomics.sub(words, WORD.asleep, 1);
}

/** A kernel throws nothing but traps, which are told by their message. */
function tell({ words, message }: Control, error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  const length = Math.max(1, Math.min(text.length, message.length));
  for (let i = 0; i < length; i++) message[i] = text.charCodeAt(i);
  Atomics.store(words, WORD.failure, length);
}

const inNode = globalThis.process?.getBuiltinModule?.("node:worker_threads")?.workerData;
if (inNode) work(inNode as WorkerData);
else
  addEventListener("message", ({ data }: MessageEvent<WorkerData>) => work(data), { once: true });
