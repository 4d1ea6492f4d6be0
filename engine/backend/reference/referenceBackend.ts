import { BackendError, ShapeError } from "../../errors.ts";
import type { HostArray } from "../../tensor/tensor.ts";
import type {
  Backend,
  BackendInfo,
  DeviceTensor,
  MemoryUse,
  Step,
  WeightBytes,
} from "../backend.ts";
import { checkOperator, checkStep } from "../checkOperator.ts";
import type { Operator } from "../operators.ts";
import { weightLength, widen } from "../widen.ts";
import { runOperator } from "./operators/runOperator.ts";
import { floats, own, ReferenceTensor } from "./referenceTensor.ts";

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
    maxTensorBytes: 2 ** 33,
  };
  #live = new Set<ReferenceTensor>();
  #bytes = 0;
  #disposed = false;

  get memory(): MemoryUse {
    return { tensors: this.#live.size, bytes: this.#bytes };
  }

  alloc(shape: readonly number[], dtype: "f32" | "i32", label: string): DeviceTensor {
    this.#assertLive();
    const count = shape.reduce((a, b) => a * b, 1);
    if (!Number.isSafeInteger(count) || count < 1)
      throw new ShapeError(
        "ERR_SHAPE",
        `alloc: expected a shape of whole numbers from 1, got (${shape.join(", ")}) for "${label}". Give every axis a size.`,
      );
    const sizeBytes = count * (dtype === "i32" ? 4 : 8);
    if (sizeBytes > this.info.maxTensorBytes)
      throw new BackendError(
        "ERR_TENSOR_TOO_LARGE",
        `alloc: expected at most ${this.info.maxTensorBytes} bytes a tensor, got ${sizeBytes} for "${label}". Use the cpu or webgpu backend for a model of this size.`,
      );
    const tensor = new ReferenceTensor(shape, allocate(count, dtype, label), label);
    this.#live.add(tensor);
    this.#bytes += sizeBytes;
    return tensor;
  }

  allocWeight(shape: readonly number[], _dtype: WeightBytes["dtype"], label: string): DeviceTensor {
    return this.alloc(shape, "f32", label);
  }

  writeWeight(tensor: DeviceTensor, offset: number, bytes: WeightBytes): void {
    this.#assertLive();
    const data = floats(tensor);
    assertRange("writeWeight", tensor, offset, weightLength(bytes), data.length);
    widen(bytes, data, offset);
  }

  write(tensor: DeviceTensor, offset: number, data: HostArray): void {
    this.#assertLive();
    const target = own(tensor);
    assertRange("write", tensor, offset, data.length, target.data.length);
    target.data.set(data, offset);
  }

  execute(program: readonly Operator[], step: Step): void {
    this.#assertLive();
    for (const operator of program) {
      checkStep(operator.kind, checkOperator(operator), step);
      runOperator(operator, step);
    }
  }

  copy(
    from: DeviceTensor,
    fromOffset: number,
    to: DeviceTensor,
    toOffset: number,
    count: number,
  ): void {
    this.#assertLive();
    const [source, target] = [own(from), own(to)];
    if (source.dtype !== target.dtype)
      throw new ShapeError(
        "ERR_DTYPE",
        `copy: expected two tensors of one dtype, got ${source.dtype} "${from.label}" and ${target.dtype} "${to.label}". Copy between tensors of the same dtype.`,
      );
    assertRange("copy", from, fromOffset, count, source.data.length);
    assertRange("copy", to, toOffset, count, target.data.length);
    target.data.set(source.data.subarray(fromOffset, fromOffset + count), toOffset);
  }

  async read(tensor: DeviceTensor, offset = 0, count?: number): Promise<HostArray> {
    this.#assertLive();
    const { data } = own(tensor);
    const end = offset + (count ?? data.length - offset);
    assertRange("read", tensor, offset, end - offset, data.length);
    return data.slice(offset, end);
  }

  async flush(): Promise<void> {
    this.#assertLive();
  }

  free(tensor: DeviceTensor): void {
    this.#assertLive();
    const owned = own(tensor);
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

  #assertLive(): void {
    if (this.#disposed)
      throw new BackendError(
        "ERR_DISPOSED",
        "reference: expected a live backend, got one after dispose(). Create a new backend or load the model again.",
      );
  }
}

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

function assertRange(
  what: string,
  tensor: DeviceTensor,
  offset: number,
  count: number,
  length: number,
): void {
  if (Number.isInteger(offset) && Number.isInteger(count) && offset >= 0 && count >= 0)
    if (offset + count <= length) return;
  throw new ShapeError(
    "ERR_RANGE",
    `${what}: expected a range inside the ${length} elements of "${tensor.label}", got ${offset} + ${count}. Check the offset and the count.`,
  );
}
