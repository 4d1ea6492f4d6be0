import type { HostArray } from "../tensor/tensor.ts";
import type { Operator } from "./operators.ts";
import type { PackedDType } from "./packed.ts";

export type BackendName = "webgpu" | "cpu" | "reference";

/** How a device keeps numbers. Weights stay as the checkpoint has them where the backend can read them packed. */
export type DeviceDType = "f32" | "f64" | "bf16" | "f16" | "i32" | PackedDType;

/** A buffer on a device. Leading axis first; rows beyond the step's nTokens hold stale data. */
export interface DeviceTensor {
  readonly shape: readonly number[];
  readonly dtype: DeviceDType;
  readonly label: string;
  readonly sizeBytes: number;
}

/** What changes from one execution of a program to the next. */
export interface Step {
  /** T: rows of this step, at least 1, at most the leading axis of the program's tensors. */
  readonly nTokens: number;
  /** Tokens already in the KV cache; the step's token t stands at position start + t and S = start + T. */
  readonly start: number;
}

export interface BackendInfo {
  readonly name: BackendName;
  /** Adapter or engine in words, e.g. "llvmpipe (LLVM 15.0.6)" or "WebAssembly SIMD". */
  readonly device: string;
  /** Is the adapter a real device rather than a software renderer? Always true off webgpu. */
  readonly hardware: boolean;
  readonly driver: string;
  readonly features: readonly string[];
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

/**
 * The one interface between the model and a device.
 *
 * Determinism is part of the contract: no float atomics, one fixed reduction order per operator that depends only on
 * the operator's own shapes, never on T, so a row's bits do not depend on what else is in the step.
 */
export interface Backend {
  readonly info: BackendInfo;
  readonly memory: MemoryUse;

  /** An uninitialised tensor for activations, caches and results. @throws BackendError ERR_OUT_OF_MEMORY, ERR_TENSOR_TOO_LARGE */
  alloc(shape: readonly number[], dtype: "f32" | "i32", label: string): DeviceTensor;

  /**
   * A tensor for weights; the backend picks the dtype it can read (exactly) from the checkpoint's. A packed one has rows
   * (its last axis) of whole groups and stands only where checkOperator.ts allows one.
   */
  allocWeight(shape: readonly number[], dtype: WeightBytes["dtype"], label: string): DeviceTensor;

  /** Writes checkpoint bytes into a weight, `offset` in elements. Widening is exact. */
  writeWeight(tensor: DeviceTensor, offset: number, bytes: WeightBytes): void;

  /** Writes host numbers into an activation tensor, `offset` in elements. */
  write(tensor: DeviceTensor, offset: number, data: HostArray): void;

  /** Enqueues the operators in order. Errors of a device may surface in the next `read` or `flush`. */
  execute(program: readonly Operator[], step: Step): void;

  /** Copies device rows: `count` elements, device to device, in order with `execute`. */
  copy(
    from: DeviceTensor,
    fromOffset: number,
    to: DeviceTensor,
    toOffset: number,
    count: number,
  ): void;

  /** Waits for what was enqueued and reads `count` elements from `offset`. reference returns f64 for floats. */
  read(tensor: DeviceTensor, offset?: number, count?: number): Promise<HostArray>;

  /**
   * What choosing a token needs of the last row that was computed, found where the logits are, so that the host need not
   * wait for the whole row. Absent where logits are in the host's memory as it is.
   * @param logits (rows, V) f32, of the step executed last
   * @param temperature at least 0
   * @returns null where a logit is NaN or infinite, or none is finite
   */
  rankLastRow?(logits: DeviceTensor, temperature: number): Promise<RankedRow | null>;

  /** Waits until everything enqueued is done. @throws BackendError ERR_DEVICE_LOST */
  flush(): Promise<void>;

  free(tensor: DeviceTensor): void;

  /** Frees everything. Further calls throw ERR_DISPOSED. */
  dispose(): void;
}
