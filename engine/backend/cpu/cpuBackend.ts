import { BackendError, ShapeError } from "../../errors.ts";
import type { HostArray } from "../../tensor/tensor.ts";
import type {
  Backend,
  BackendInfo,
  DeviceTensor,
  MemoryUse,
  PackedBytes,
  Step,
  WeightBytes,
} from "../backend.ts";
import { checkOperator, checkStep, type OperatorLimits } from "../checkOperator.ts";
import type { Operator } from "../operators.ts";
import { isPacked, type PackedLayout, packedRange } from "../packed.ts";
import { isPackedBytes, weightLength, widen } from "../widen.ts";
import { Allocator } from "./allocator.ts";
import { type CpuDType, CpuTensor, DESCRIPTOR_BYTES, ownedBy, tensorBytes } from "./cpuTensor.ts";
import { instantiateKernels, type Kernels } from "./kernels.ts";
import { prepare } from "./prepare/prepare.ts";
import type { PrepareContext, Runner } from "./prepare/prepareContext.ts";
import { Scratch } from "./scratch.ts";

/** What WebAssembly can address. */
const addressableBytes = 2 ** 32;
const pageBytes = 65536;

export interface CpuBackendOptions {
  /** Bytes the backend may take from the engine; at most 4 GiB, which is also the default. */
  readonly maxMemoryBytes?: number;
}

interface Device {
  readonly allocator: Allocator;
  readonly context: PrepareContext;
}

interface Prepared {
  readonly limits: OperatorLimits;
  readonly run: Runner;
  /** The addresses in `run` hold while this equals the backend's. */
  readonly epoch: number;
}

/** Number of a packed dtype in its descriptor; see wasm/packed.ts. */
const PACKED_KINDS = { f8e4m3: 0, q8_0: 1, mxfp4: 2, q4_0: 3 } as const;

/**
 * WebAssembly SIMD on one thread: bf16 and packed weights stay packed and are widened a few rows at a time, every sum has
 * one order. Weights of dtype f16 are widened to f32 when written.
 */
export class CpuBackend implements Backend {
  readonly info: BackendInfo;
  /** Null after dispose, so that the memory can be collected while the backend is still referenced. */
  #device: Device | null;
  #prepared = new WeakMap<Operator, Prepared>();
  #live = new Set<CpuTensor>();
  #bytes = 0;
  /** Counts frees: an operator prepared before one may hold an address that no longer is its tensor's. */
  #epoch = 0;

  constructor(memory: WebAssembly.Memory, kernels: Kernels, maxMemoryBytes: number) {
    this.info = {
      name: "cpu",
      device: "WebAssembly SIMD",
      hardware: true,
      driver: "none",
      features: ["simd128"],
      maxTensorBytes: maxMemoryBytes - pageBytes,
    };
    const allocator = new Allocator(memory, kernels.heapBase(), maxMemoryBytes);
    const own = (tensor: DeviceTensor): CpuTensor => ownedBy(this, tensor);
    this.#device = {
      allocator,
      context: {
        kernels,
        scratch: new Scratch(allocator),
        own,
        intAt: (tensor, index) => view(memory, own(tensor), index, 1)[0] as number,
      },
    };
  }

  get memory(): MemoryUse {
    return { tensors: this.#live.size, bytes: this.#bytes };
  }

  alloc(shape: readonly number[], dtype: "f32" | "i32", label: string): DeviceTensor {
    return this.#alloc(shape, dtype, label);
  }

  allocWeight(shape: readonly number[], dtype: WeightBytes["dtype"], label: string): DeviceTensor {
    return this.#alloc(shape, dtype === "f16" ? "f32" : dtype, label);
  }

  writeWeight(tensor: DeviceTensor, offset: number, bytes: WeightBytes): void {
    const { memory } = this.#alive().allocator;
    const target = ownedBy(this, tensor);
    const count = weightLength(bytes);
    assertRange("writeWeight", target, offset, count);
    if (target.dtype === "f32") {
      widen(bytes, view(memory, target, offset, count) as Float32Array, 0);
      return;
    }
    if (target.dtype !== bytes.dtype)
      throw new ShapeError(
        "ERR_DTYPE",
        `writeWeight: expected ${target.dtype} for "${target.label}", got ${bytes.dtype}. Allocate the weight with the dtype of its bytes.`,
      );
    if (target.layout !== null && isPackedBytes(bytes)) {
      writePacked(memory, target, target.layout, offset, bytes);
      return;
    }
    const to = target.address + offset * 2;
    new Uint8Array(memory.buffer, to, bytes.data.length).set(bytes.data);
  }

  write(tensor: DeviceTensor, offset: number, data: HostArray): void {
    const { memory } = this.#alive().allocator;
    const target = ownedBy(this, tensor);
    assertRange("write", target, offset, data.length);
    if (target.dtype !== "f32" && target.dtype !== "i32")
      throw new ShapeError(
        "ERR_DTYPE",
        `write: expected an activation, got the ${target.dtype} weight "${target.label}". Use writeWeight for checkpoint bytes.`,
      );
    view(memory, target, offset, data.length).set(data);
  }

  execute(program: readonly Operator[], step: Step): void {
    const { context } = this.#alive();
    for (const operator of program) {
      let prepared = this.#prepared.get(operator);
      if (prepared === undefined || prepared.epoch !== this.#epoch) {
        prepared = {
          limits: checkOperator(operator),
          run: prepare(operator, context),
          epoch: this.#epoch,
        };
        this.#prepared.set(operator, prepared);
      }
      checkStep(operator.kind, prepared.limits, step);
      prepared.run(step.nTokens, step.start);
    }
  }

  copy(
    from: DeviceTensor,
    fromOffset: number,
    to: DeviceTensor,
    toOffset: number,
    count: number,
  ): void {
    const { memory } = this.#alive().allocator;
    const [source, target] = [ownedBy(this, from), ownedBy(this, to)];
    if (source.dtype !== target.dtype)
      throw new ShapeError(
        "ERR_DTYPE",
        `copy: expected two tensors of one dtype, got ${source.dtype} "${from.label}" and ${target.dtype} "${to.label}". Copy between tensors of the same dtype.`,
      );
    assertRange("copy", source, fromOffset, count);
    assertRange("copy", target, toOffset, count);
    if (source.layout !== null) throw wholeElements("copy", source);
    const size = source.dtype === "bf16" ? 2 : 4;
    const start = source.address + fromOffset * size;
    new Uint8Array(memory.buffer).copyWithin(
      target.address + toOffset * size,
      start,
      start + count * size,
    );
  }

  async read(tensor: DeviceTensor, offset = 0, count?: number): Promise<HostArray> {
    const { memory } = this.#alive().allocator;
    const source = ownedBy(this, tensor);
    const length = count ?? source.length - offset;
    assertRange("read", source, offset, length);
    if (source.layout !== null) throw wholeElements("read", source);
    if (source.dtype !== "bf16") return view(memory, source, offset, length).slice();
    const widened = new Float32Array(length);
    const data = new Uint8Array(memory.buffer, source.address + 2 * offset, 2 * length);
    widen({ dtype: "bf16", data }, widened, 0);
    return widened;
  }

  async flush(): Promise<void> {
    this.#alive();
  }

  free(tensor: DeviceTensor): void {
    const { allocator } = this.#alive();
    const owned = ownedBy(this, tensor);
    allocator.free(owned.address);
    owned.freed = true;
    this.#epoch += 1;
    this.#live.delete(owned);
    this.#bytes -= owned.sizeBytes;
  }

  dispose(): void {
    this.#device = null;
    for (const tensor of this.#live) tensor.freed = true;
    this.#live.clear();
    this.#bytes = 0;
    this.#prepared = new WeakMap();
  }

  #alloc(shape: readonly number[], dtype: CpuDType, label: string): CpuTensor {
    const { allocator } = this.#alive();
    if (!shape.every((size) => Number.isInteger(size) && size >= 1))
      throw new ShapeError(
        "ERR_SHAPE",
        `alloc: expected a shape of whole numbers from 1, got (${shape.join(", ")}) for "${label}". Give every axis a size.`,
      );
    const sizeBytes = tensorBytes(shape, dtype);
    if (sizeBytes > this.info.maxTensorBytes)
      throw new BackendError(
        "ERR_TENSOR_TOO_LARGE",
        `alloc: expected at most ${this.info.maxTensorBytes} bytes a tensor, got ${sizeBytes} for "${label}". Use the webgpu backend for a model of this size.`,
      );
    const address = allocator.allocate(sizeBytes, label);
    const tensor = new CpuTensor(this, shape, dtype, label, address);
    writeDescriptor(allocator.memory, tensor);
    this.#live.add(tensor);
    this.#bytes += sizeBytes;
    return tensor;
  }

  #alive(): Device {
    if (this.#device === null)
      throw new BackendError(
        "ERR_DISPOSED",
        "cpu: expected a live backend, got one after dispose(). Create a new backend or load the model again.",
      );
    return this.#device;
  }
}

/** @throws BackendError ERR_WASM_SIMD where WebAssembly SIMD is missing */
export async function createCpuBackend(options: CpuBackendOptions = {}): Promise<CpuBackend> {
  const maxBytes = Math.min(options.maxMemoryBytes ?? addressableBytes, addressableBytes);
  const memory = new WebAssembly.Memory({ initial: 16, maximum: addressableBytes / pageBytes });
  return new CpuBackend(memory, await instantiateKernels(memory), maxBytes);
}

/** A tensor of four-byte elements as the host sees it; growing the memory detaches it. */
function view(
  { buffer }: WebAssembly.Memory,
  tensor: CpuTensor,
  offset: number,
  count: number,
): Float32Array | Int32Array {
  const start = tensor.address + 4 * offset;
  return tensor.dtype === "i32"
    ? new Int32Array(buffer, start, count)
    : new Float32Array(buffer, start, count);
}

function writeDescriptor(
  { buffer }: WebAssembly.Memory,
  { dtype, layout, address }: CpuTensor,
): void {
  if (layout === null || !isPacked(dtype)) return;
  const codes = address + DESCRIPTOR_BYTES;
  const descriptor = [PACKED_KINDS[dtype], layout.groupShift, codes, codes + layout.scaleStart];
  new Uint32Array(buffer, address, 4).set(descriptor);
}

/** @throws ShapeError ERR_RANGE for a part that does not begin and end with a group */
function writePacked(
  { buffer }: WebAssembly.Memory,
  target: CpuTensor,
  layout: PackedLayout,
  offset: number,
  bytes: PackedBytes,
): void {
  if (bytes.group !== layout.group || offset % layout.group !== 0)
    throw new ShapeError(
      "ERR_RANGE",
      `writeWeight: expected whole groups of ${layout.group} elements for "${target.label}", got groups of ${bytes.group} from element ${offset}. Write whole rows.`,
    );
  const all = new Uint8Array(buffer, target.address + DESCRIPTOR_BYTES, layout.sizeBytes);
  const { codes, scales } = packedRange(bytes.dtype, layout, offset, weightLength(bytes));
  all.set(bytes.data, codes[0]);
  all.set(bytes.scales, scales[0]);
}

function wholeElements(what: string, { dtype, label }: CpuTensor): ShapeError {
  return new ShapeError(
    "ERR_DTYPE",
    `${what}: expected a tensor of whole elements, got the ${dtype} weight "${label}". Read the checkpoint's tensor instead.`,
  );
}

function assertRange(what: string, tensor: CpuTensor, offset: number, count: number): void {
  if (Number.isInteger(offset) && Number.isInteger(count) && offset >= 0 && count >= 0)
    if (offset + count <= tensor.length) return;
  throw new ShapeError(
    "ERR_RANGE",
    `${what}: expected a range inside the ${tensor.length} elements of "${tensor.label}", got ${offset} + ${count}. Check the offset and the count.`,
  );
}
