import { BackendError } from "../../base/errors.ts";
import type { HostArray } from "../../tensor/tensor.ts";
import type {
  Backend,
  BackendInfo,
  MemoryUse,
  OperatorTimes,
  ProgramPart,
  WeightBytes,
} from "../backend.ts";
import {
  checkCopy,
  checkOwn,
  checkRange,
  checkRead,
  checkShape,
  checkWrite,
  checkWriteWeight,
} from "../checkCall.ts";
import {
  checkOperator,
  checkParts,
  checkStep,
  checkStepNumbers,
  type OperatorLimits,
  operatorTensors,
} from "../checkOperator.ts";
import type { DeviceTensor, Step } from "../deviceTensor.ts";
import type { Operator } from "../operators.ts";
import { isPacked, packedLayout } from "../packed.ts";
import { timeEach } from "../timeEach.ts";
import { widen } from "../widen.ts";
import { runOperator } from "./operators/runOperator.ts";
import { floats, ReferenceTensor } from "./referenceTensor.ts";

/**
 * The oracle: every operator in float64, written for reading. Weights are read exactly, floats are read back as f64.
 * Slow by design; the other backends are tested against it operator by operator and site by site.
 */
export class ReferenceBackend implements Backend {
  readonly info: BackendInfo = {
    name: "reference",
    device: "JavaScript float64",
    hardware: true,
    driver: "none",
    features: ["float64"],
    arithmetic: "exact",
    operatorTimes: "clock",
    maxTensorBytes: 2 ** 33,
  };
  readonly #limits = new WeakMap<Operator, OperatorLimits>();
  #live = new Set<ReferenceTensor>();
  #bytes = 0;
  #disposed = false;

  get memory(): MemoryUse {
    return { tensors: this.#live.size, bytes: this.#bytes };
  }

  alloc(shape: readonly number[], dtype: "f32" | "i32", label: string): DeviceTensor {
    return this.#alloc(shape, dtype, null, label);
  }

  allocWeight(shape: readonly number[], dtype: WeightBytes["dtype"], label: string): DeviceTensor {
    return this.#alloc(shape, "f32", dtype, label);
  }

  writeWeight(tensor: DeviceTensor, offset: number, bytes: WeightBytes): void {
    const target = this.#own(tensor);
    checkWriteWeight(target, target.layout, offset, bytes);
    widen(bytes, floats(target), offset);
  }

  write(tensor: DeviceTensor, offset: number, data: HostArray): void {
    const target = this.#own(tensor);
    checkWrite(target, offset, data);
    target.data.set(data, offset);
  }

  execute(program: readonly Operator[], step: Step): void {
    this.#assertLive();
    for (const run of this.#checked(program, step)) run();
  }

  executeParts(parts: readonly ProgramPart[]): void {
    this.#assertLive();
    checkParts(parts);
    const checked = parts.map(({ program, step }) => this.#checked(program, step));
    for (const run of checked.flat()) run();
  }

  async profile(program: readonly Operator[], step: Step): Promise<OperatorTimes> {
    this.#assertLive();
    const times = timeEach(this.#checked(program, step));
    await null; // as `read`
    this.#assertLive();
    return times;
  }

  /** What runs the operators of a program, all of which fit the step. */
  #checked(program: readonly Operator[], step: Step): (() => void)[] {
    checkStepNumbers(step);
    return program.map((operator) => {
      for (const [, tensor] of operatorTensors(operator)) this.#own(tensor);
      const limits = this.#limitsOf(operator);
      checkStep(operator.kind, limits, step);
      return () => runOperator(operator, limits.tokenTensors, step);
    });
  }

  /** Checks an operator when it is first executed. */
  #limitsOf(operator: Operator): OperatorLimits {
    let limits = this.#limits.get(operator);
    if (limits === undefined) {
      limits = checkOperator(operator);
      this.#limits.set(operator, limits);
    }
    return limits;
  }

  copy(
    from: DeviceTensor,
    fromOffset: number,
    to: DeviceTensor,
    toOffset: number,
    count: number,
  ): void {
    const [source, target] = [this.#own(from), this.#own(to)];
    checkCopy(source, fromOffset, target, toOffset, count);
    target.data.set(source.data.subarray(fromOffset, fromOffset + count), toOffset);
  }

  async read(tensor: DeviceTensor, offset = 0, count?: number): Promise<HostArray> {
    const source = this.#own(tensor);
    const length = count ?? source.length - offset;
    checkRead(source, offset, length);
    return this.#read(source, offset, length);
  }

  async readWeight(tensor: DeviceTensor, offset: number, count: number): Promise<HostArray> {
    const source = this.#own(tensor);
    checkRange("readWeight", source, offset, count);
    return this.#read(source, offset, count);
  }

  async #read(source: ReferenceTensor, offset: number, count: number): Promise<HostArray> {
    const values = source.data.slice(offset, offset + count);
    await null; // a dispose that follows at once finds this read waiting, as on any device
    this.#assertLive();
    return values;
  }

  async flush(): Promise<void> {
    this.#assertLive();
    await null;
    this.#assertLive();
  }

  free(tensor: DeviceTensor): void {
    const owned = this.#own(tensor);
    owned.freed = true;
    this.#live.delete(owned);
    this.#bytes -= owned.sizeBytes;
  }

  dispose(): void {
    this.#disposed = true;
    for (const tensor of this.#live) tensor.freed = true;
    this.#live.clear();
    this.#bytes = 0;
  }

  #alloc(
    shape: readonly number[],
    dtype: "f32" | "i32",
    weightDType: WeightBytes["dtype"] | null,
    label: string,
  ): ReferenceTensor {
    this.#assertLive();
    const count = checkShape(shape, label);
    if (weightDType !== null && isPacked(weightDType)) packedLayout(weightDType, shape);
    const sizeBytes = count * (dtype === "i32" ? 4 : 8);
    if (sizeBytes > this.info.maxTensorBytes)
      throw new BackendError(
        "ERR_TENSOR_TOO_LARGE",
        `alloc: expected at most ${this.info.maxTensorBytes} bytes a tensor, got ${sizeBytes} for "${label}". Use the cpu or webgpu backend for a model of this size.`,
      );
    const data = allocate(count, dtype, label);
    const tensor = new ReferenceTensor(this, shape, data, weightDType, label);
    this.#live.add(tensor);
    this.#bytes += sizeBytes;
    return tensor;
  }

  #own(tensor: DeviceTensor): ReferenceTensor {
    this.#assertLive();
    return checkOwn("reference", this, ReferenceTensor, tensor);
  }

  #assertLive(): void {
    if (this.#disposed)
      throw new BackendError(
        "ERR_DISPOSED",
        "reference: expected a live backend, got one after dispose(). Create a new backend or load the model again.",
      );
  }
}

/** Every operator in plain float64, one number after the other: slow, and what the other backends are tested against. */
export function createReferenceBackend(): ReferenceBackend {
  return new ReferenceBackend();
}

function allocate(count: number, dtype: "f32" | "i32", label: string): Float64Array | Int32Array {
  try {
    return dtype === "i32" ? new Int32Array(count) : new Float64Array(count);
  } catch (cause) {
    throw new BackendError(
      "ERR_OUT_OF_MEMORY",
      `alloc: expected memory for ${count} elements of "${label}", got none from the engine. Use a smaller context or the cpu backend.`,
      { cause },
    );
  }
}
