/**
 * The memory through which the threads of a pool agree on what to do. A job is a range that is cut into chunks; one word
 * counts its chunks that nobody has taken yet. A thread takes one by lowering that word with a compare-exchange, and reads
 * what the job is afterwards: that stays put until every chunk that was taken is done.
 */

/** Words of 32 bits. Those that are written while others spin on them lie on cache lines of their own. */
export const WORD = {
  /** Chunks left in its low bits, above them those that the main thread has taken, and POSTED; 0 while there is no job. */
  state: 0,
  /** Chunks that workers have done. */
  done: 16,
  /** Is the main thread asleep until `done` changes? */
  isJoinAsleep: 32,
  /** Workers that sleep until `state` changes. */
  asleep: 33,
  kernel: 48,
  argumentCount: 49,
  total: 50,
  grain: 51,
  chunks: 52,
  /** Bytes between the scratch of two threads, whose address stands behind the arguments; 0 for a kernel without. */
  threadBytes: 53,
  /** Length of the message of a chunk that failed, in UTF-16 units; 0 while none has. */
  failure: 54,
  /** What a kernel answered that was not -1. */
  answer: 55,
  /** The number of the memory that the kernel works in. */
  memory: 56,
  /** Its size in pages of WebAssembly. */
  pages: 57,
} as const;

const CHUNK_BITS = 12;
/** The bits of the chunks left; a job has so many at most. */
export const LEFT_MASK = (1 << CHUNK_BITS) - 1;
/** In `state`: a chunk that the main thread has taken. */
export const TAKEN_BY_MAIN = 1 << CHUNK_BITS;
/** In `state`: a job that has not been joined yet. */
export const POSTED = 1 << (2 * CHUNK_BITS);

const wordBytes = 64 * 4;
const argumentBytes = 32 * 8;
const messageUnits = 256;
export const CONTROL_BYTES = wordBytes + argumentBytes + messageUnits * 2;

/** The same memory as words, as the arguments of a kernel, and as the message of a chunk that failed. */
export interface Control {
  readonly words: Int32Array;
  readonly args: Float64Array;
  readonly message: Uint16Array;
}

/** @param buffer shared, unless there is one thread */
export function controlOf(buffer: SharedArrayBuffer | ArrayBuffer): Control {
  return {
    words: new Int32Array(buffer, 0, wordBytes / 4),
    args: new Float64Array(buffer, wordBytes, argumentBytes / 8),
    message: new Uint16Array(buffer, wordBytes + argumentBytes, messageUnits),
  };
}

/** What a worker is given when it starts. */
export interface WorkerData {
  readonly module: WebAssembly.Module;
  /** By their numbers. */
  readonly memories: readonly WebAssembly.Memory[];
  readonly control: SharedArrayBuffer;
  /** From 1; the main thread is 0. */
  readonly thread: number;
  readonly spinMs: number;
}
