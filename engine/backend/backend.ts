import type { SoftmaxSums } from "../tensor/softmaxSums.ts";
import type { HostArray } from "../tensor/tensor.ts";
import type { DeviceTensor, Step } from "./deviceTensor.ts";
import type { DeviceLimits } from "./limits.ts";
import type { Operator } from "./operators.ts";
import type { PackedDType } from "./packed.ts";

export type BackendName = "webgpu" | "cpu" | "reference";

/**
 * How activations are multiplied by packed weights. "exact": as exactly as in floats, or in such, as by all others. "i16", of the cpu
 * backend: activations of a product are rounded to whole numbers of 16 bits, every 32 columns with one scale, and multiplied in whole
 * numbers by the codes of Q8_0, MXFP4, Q4_0, Q4_K, Q5_K and Q6_K; one float32 step adds 32 columns (of Q6_K 16) to the total. Other
 * weights are multiplied as by "exact", and so are weights that a layer reads by heads. "i8", of the webgpu backend: the same in whole
 * numbers of 8 bits, 250 times coarser, for the codes of Q8_0, Q4_0, Q4_K, Q5_K and Q6_K. docs/accuracy.md has what that changes.
 */
export type Arithmetic = "exact" | "i16" | "i8";

export interface BackendInfo {
  readonly name: BackendName;
  /** Adapter or engine in words, e.g. "llvmpipe (LLVM 15.0.6)" or "WebAssembly SIMD". */
  readonly device: string;
  /** Is the adapter a real device rather than a software renderer? Always true off webgpu. */
  readonly hardware: boolean;
  readonly driver: string;
  readonly features: readonly string[];
  readonly arithmetic: Arithmetic;
  /** What `profile` measures with: timestamps of the device, or the host's clock; null where there is neither. */
  readonly operatorTimes: "timestamps" | "clock" | null;
  /** Bytes one tensor may have at most. */
  readonly maxTensorBytes: number;
}

/** Raw bytes of a weight as the checkpoint stores it; `data` is little-endian. */
export type WeightBytes = PlainBytes | PackedBytes;

export interface PlainBytes {
  readonly dtype: "f32" | "bf16" | "f16";
  readonly data: Uint8Array;
}

/** Codes and their scales as packed.ts describes them; whole groups. */
export interface PackedBytes {
  readonly dtype: PackedDType;
  readonly data: Uint8Array;
  readonly scales: Uint8Array;
  /** Elements that share a scale. */
  readonly group: number;
}

/** What the device holds right now; tests count it before and after. */
export interface MemoryUse {
  readonly tensors: number;
  readonly bytes: number;
}

/** Experts that wait in host memory, and those of them that the device has. */
export interface ExpertCacheUse {
  /** Of all experts, in host memory. */
  readonly hostBytes: number;
  /** Room on the device. */
  readonly deviceBytes: number;
  /** Experts that a step needed and that were there. */
  readonly hits: number;
  /** Those that had to be brought. */
  readonly misses: number;
}

/** The head of a row of logits, and f32 sums over all of it. */
export interface RankedRow {
  /** (k) the likeliest tokens, likeliest first, the lower id first among equals. */
  readonly ids: Int32Array;
  /** (k) their logits. */
  readonly logits: Float32Array;
  /** V. */
  readonly nVocab: number;
  /** The sum over the row of e^(logit - max). */
  readonly total: number;
  /** The same sum with every term times (logit - max). */
  readonly weightedShift: number;
  /** The sum over the row of e^((logit - max) / temperature); 0 at temperature 0. */
  readonly totalAtTemperature: number;
}

/** When operators of a program began and what they took, one number for each; nanoseconds. */
export interface OperatorTimes {
  /** By the device's timestamps or the host's `performance.now()`, as `info.operatorTimes` says: only differences mean something. */
  readonly startNs: Float64Array;
  readonly durationNs: Float64Array;
}

/** A program of one of several sequences, with its step. */
export interface ProgramPart {
  readonly program: readonly Operator[];
  readonly step: Step;
}

/**
 * The one interface between the model and a device. test/contract holds every backend to what stands here.
 *
 * Determinism is part of the contract: no float atomics, one fixed reduction order per operator that depends only on
 * the operator's own shapes, never on T, so a row's bits do not depend on what else is in the step.
 *
 * Order: calls take effect in the order in which they are made, whether or not a read is awaited. A read gives the values
 * at the time of its call; what becomes of a host array after `write` returned changes nothing.
 *
 * Refusals: a call is checked before it does anything, and a refused one leaves every tensor and `memory` as they were;
 * `execute` alone says otherwise. Checks come in this order: ERR_DISPOSED; ERR_FOREIGN_TENSOR (a tensor of another
 * backend, also of the same kind) and ERR_TENSOR_FREED, both BackendError; ERR_DTYPE, ERR_SHAPE and ERR_RANGE, all
 * ShapeError. Methods that return a promise reject instead of throwing.
 *
 * On webgpu, and only there:
 * - a lost device is ERR_DEVICE_LOST of every call but `free` and `dispose`, and memory that runs out may be told by the
 *   next `read` or `flush` instead of by `alloc` (WebGPU reports it no sooner);
 * - ids, expert indices and rows of values that only the device knows are not ERR_INDEX: their rows become NaN, of `edit`
 *   the columns that it changes, of `route` the weights, of `attention` z and lse of that head; `attentionScores` and
 *   `attentionTile` mask nothing there. A flag to read back would be one buffer more for `expertsUp`, which binds 7 of the
 *   8 that WebGPU promises;
 * - `attention` with values of its own, sinks, a selection, temperatures and a mask, all five, binds 9 buffers, and so
 *   does `route` with a bias, adjustments and counts: a device that has no more than the 8 refuses them with
 *   ERR_TENSOR_TOO_LARGE;
 * - operators may take subnormal f32 for zero, as WGSL allows. Writing, copying and reading never do.
 */
export interface Backend {
  readonly info: BackendInfo;
  /** Live tensors and the sum of their sizeBytes; zero after dispose. */
  readonly memory: MemoryUse;

  /**
   * An uninitialised tensor for activations, caches and results; no axes make one element.
   * @throws ShapeError ERR_SHAPE unless all axes are whole numbers from 1; BackendError ERR_TENSOR_TOO_LARGE above
   * info.maxTensorBytes, ERR_OUT_OF_MEMORY
   */
  alloc(shape: readonly number[], dtype: "f32" | "i32", label: string): DeviceTensor;

  /**
   * A tensor for weights; the backend picks the dtype it can read (exactly) from the checkpoint's. It stands in programs
   * where an operator names a weight. A packed one has rows (its last axis) of whole groups and stands only where
   * operatorTable.ts allows one.
   * @throws as alloc, but webgpu may hold a weight that is larger than one tensor may be
   */
  allocWeight(shape: readonly number[], dtype: WeightBytes["dtype"], label: string): DeviceTensor;

  /**
   * allocWeight, for one that `expertsUp` and `expertsDown` alone read, with an expert in each entry of its first axis. Absent where
   * all experts lie on the device: offloadExperts.ts.
   */
  allocExperts?(shape: readonly number[], dtype: WeightBytes["dtype"], label: string): DeviceTensor;

  /** Absent where all experts lie on the device. */
  readonly expertCache?: ExpertCacheUse;

  /**
   * Writes checkpoint bytes into a weight, `offset` in elements. A weight takes the dtype it was allocated with, one of f32
   * takes every dtype; widening is exact, of packed bytes rounded once to f32.
   * @throws ShapeError ERR_DTYPE; ERR_RANGE for elements outside of the weight, half elements, and packed bytes that are
   * not whole groups of the weight's own size with a scale each
   */
  writeWeight(tensor: DeviceTensor, offset: number, bytes: WeightBytes): void;

  /**
   * Writes rows as GGUF files have them, blocks of scales and codes side by side, into a weight of that dtype; `offset` in elements. Absent
   * where a device takes codes and scales apart alone.
   * @returns false, with anything in these rows, for rows that the device does not take so, and where a scale is not finite: then they
   * are to be taken apart and written with `writeWeight`
   * @throws ShapeError ERR_RANGE for elements outside of the weight
   */
  writeBlocks?(
    tensor: DeviceTensor,
    offset: number,
    dtype: PackedDType,
    blocks: Uint8Array,
  ): boolean;

  /**
   * Writes host numbers into a tensor of alloc, `offset` in elements: f32 arrays bit by bit, f64 arrays rounded to f32 (not
   * on reference), both into f32 alone; i32 into i32.
   * @throws ShapeError ERR_DTYPE for another type of array and for weights, ERR_RANGE
   */
  write(tensor: DeviceTensor, offset: number, data: HostArray): void;

  /**
   * Enqueues the operators in order; a program may be empty, and stays as it is once it was executed. Step and operators are all checked before the first one
   * runs. An error of an operator at work leaves anything in the tensors that the program writes. Errors of a device may
   * surface in the next `read` or `flush`.
   * @throws BackendError ERR_FOREIGN_TENSOR, ERR_TENSOR_FREED; ShapeError ERR_SHAPE and ERR_DTYPE for an operator that
   * breaks its contract, ERR_STEP for a step that is none or does not fit, ERR_INDEX for a token id, an expert or a row of
   * values that does not exist
   */
  execute(program: readonly Operator[], step: Step): void;

  /**
   * Enqueues programs of the same kinds of operators, each with its own step, such as those of several sequences: with the bits
   * that `execute` gives each alone, in whatever order. So no part may read or write a row that another part writes. All parts are
   * checked before the first operator runs. A list without parts does nothing.
   * @throws as `execute`; ShapeError ERR_SHAPE for parts whose operators are not of the same kinds
   */
  executeParts(parts: readonly ProgramPart[]): void;

  /**
   * Compiles what a program needs for a step and the device does not have yet, as much at the same time as it can; what is not
   * prepared, `execute` compiles piece by piece. Absent where nothing is compiled.
   * @throws as `execute`, but for ERR_INDEX
   */
  prepare?(program: readonly Operator[], step: Step): Promise<void>;

  /**
   * `execute`, with the same bits, and the time of every operator. On webgpu each is a pass of its own between two timestamps,
   * so that the whole takes longer than a step that nobody measures; elsewhere the clock is read between operators.
   * @returns a beginning and a duration for each operator of the program
   * @throws as `execute`; BackendError ERR_NO_TIMESTAMPS where info.operatorTimes is null
   */
  profile(program: readonly Operator[], step: Step): Promise<OperatorTimes>;

  /**
   * Copies `count` elements between tensors of alloc, device to device, in order with `execute`. Ranges of one tensor may
   * overlap: the copy gets what the source held before.
   * @throws ShapeError ERR_DTYPE for tensors of two dtypes and for weights, ERR_RANGE
   */
  copy(
    from: DeviceTensor,
    fromOffset: number,
    to: DeviceTensor,
    toOffset: number,
    count: number,
  ): void;

  /**
   * Waits for what was enqueued and reads `count` elements from `offset` (default: from the start, to the end) into an
   * array of its own. Floats come as f32, on reference as f64; plain weights widened.
   * @throws ShapeError ERR_DTYPE for packed weights, ERR_RANGE; BackendError ERR_DISPOSED also if the backend is disposed of
   * while it waits
   */
  read(tensor: DeviceTensor, offset?: number, count?: number): Promise<HostArray>;

  /**
   * Waits for what was enqueued and reads elements of a weight as floats, packed ones too: code times scale, rounded once to f32 (on
   * reference as exactly as f64 has them). Absent where only programs see packed weights.
   * @throws ShapeError ERR_RANGE; BackendError as `read`
   */
  readWeight?(tensor: DeviceTensor, offset: number, count: number): Promise<HostArray>;

  /**
   * What choosing a token needs of the last row that was computed, found where the logits are, so that the host need not
   * wait for the whole row. Absent where logits are in the host's memory as it is.
   * @param logits (rows, V) f32, of the step executed last
   * @param temperature at least 0
   * @returns null where a logit is NaN or infinite, or none is finite
   */
  rankLastRow?(logits: DeviceTensor, temperature: number): Promise<RankedRow | null>;

  /**
   * The sums of rows of logits that a sampler begins with, with the bits of `softmaxSums` of those rows. Absent where it would
   * not be faster than on the host.
   * @param logits (rows, V) f32
   * @param rows which of them
   * @returns one for each; null where a logit is NaN or Infinity, or none is finite
   * @throws ShapeError ERR_RANGE
   */
  softmaxSums?(logits: DeviceTensor, rows: readonly number[]): (SoftmaxSums | null)[];

  /**
   * The softmax of rows, or its logarithm, with the bits of `softmax` and `logSoftmax` of a tensor on the host. Absent where it would
   * not be faster than there.
   * @param x (rows, N) f32
   * @param out as x
   * @returns rows of which nothing was written: one is NaN or Infinity there, or none is finite
   * @throws ShapeError ERR_SHAPE, ERR_DTYPE; BackendError ERR_OUT_OF_MEMORY
   */
  softmaxRows?(x: DeviceTensor, out: DeviceTensor, isLog: boolean): number[];

  /**
   * Where the k largest of each row stand, in the order of `topK` of a tensor on the host: the largest first, the lower place first among
   * equals, NaN last. Absent where it would not be faster than there.
   * @param x (rows, N) f32
   * @param out (rows, k) i32, k at most N
   * @throws ShapeError ERR_SHAPE, ERR_DTYPE
   */
  topKRows?(x: DeviceTensor, out: DeviceTensor): void;

  /**
   * Kernels that show what the device can do at most: they only move bytes, more than its caches hold, or only multiply and add. Absent
   * where a device is nothing but an oracle.
   * @param mostBytes that they may move at once
   * @throws BackendError ERR_DISPOSED, ERR_OUT_OF_MEMORY
   */
  openLimits?(mostBytes: number): DeviceLimits;

  /** Waits until everything enqueued is done. @throws BackendError ERR_DISPOSED also while it waits */
  flush(): Promise<void>;

  /** Gives a tensor's memory back; reads that wait for it still get its values. @throws BackendError ERR_TENSOR_FREED the second time */
  free(tensor: DeviceTensor): void;

  /** Frees everything. Further calls throw ERR_DISPOSED, what waits rejects with it; another dispose does nothing. */
  dispose(): void;
}
