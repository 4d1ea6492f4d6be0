import { checkOptions, type OptionNames } from "../../base/checkOptions.ts";
import { BackendError } from "../../base/errors.ts";
import type { SoftmaxSums } from "../../tensor/softmaxSums.ts";
import type { HostArray } from "../../tensor/tensor.ts";
import type {
  Arithmetic,
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
  checkSoftmax,
  checkTopK,
  checkWrite,
  checkWriteBlocks,
  checkWriteWeight,
} from "../checkCall.ts";
import {
  checkOperator,
  checkParts,
  checkStep,
  checkStepNumbers,
  type OperatorLimits,
  operatorTensors,
  rowSize,
} from "../checkOperator.ts";
import type { DeviceTensor, Step } from "../deviceTensor.ts";
import type { DeviceLimits, LimitKernel } from "../limits.ts";
import type { Operator } from "../operators.ts";
import type { PackedDType } from "../packed.ts";
import { timeEach } from "../timeEach.ts";
import { weightLength, widen } from "../widen.ts";
import { checkArithmetic } from "./arithmetic.ts";
import { cpuLimits } from "./cpuLimits.ts";
import { type CpuDType, CpuTensor, tensorBytes, weightPanels } from "./cpuTensor.ts";
import { type Instance, instantiateKernels } from "./instantiateKernels.ts";
import type { KernelMemory } from "./kernelMemory.ts";
import { FIRST_PAGES, Memories } from "./memories.ts";
import { MemoryBudget } from "./memoryBudget.ts";
import {
  ADDRESSABLE_BYTES,
  hostBytes,
  MEMORY_SIZES,
  type MemorySizes,
  PAGE_BYTES,
} from "./memorySizes.ts";
import { DESCRIPTOR_BYTES, layPanels } from "./panelLayout.ts";
import { blockElements } from "./panelWriter.ts";
import { type KernelWork, type PartDevice, PartPrograms } from "./partCalls.ts";
import { NO_SCRATCH, Pool } from "./pool/pool.ts";
import type { SplitRule } from "./pool/splitRule.ts";
import { type ThreadCount, threadCount } from "./pool/threadCount.ts";
import { SCALAR_NS } from "./prepare/costs.ts";
import { type PreparedOperator, prepare } from "./prepare/prepare.ts";
import type { DeviceContext } from "./prepare/prepareContext.ts";
import type { Split } from "./rangeKernels.ts";
import { RowSums } from "./rowSums.ts";
import { Scratch } from "./scratch.ts";

/** So many are copied sooner one by one than by a call. */
const FEW_WORDS = 32;

/** Lists of parts that begin with one program and stay joined. */
const MOST_JOINED = 4;

export interface CpuBackendOptions {
  /**
   * Bytes the backend may take from the engine; default: what the machine has, 4 GiB at least. More than 4 GiB lie in several memories of
   * 4 GiB, which changes no bit: activations and caches in one, weights in all.
   */
  readonly maxMemoryBytes?: number;
  /**
   * Threads that compute, the calling one among them; from 1. Default: VITRINE_THREADS, else one for each physical core. More than
   * one changes no bit. A page that is not cross-origin isolated has one, as `info.features` says.
   */
  readonly threads?: number;
  /** Default "exact". "i16" is faster where weights are packed as small whole numbers, and rounds activations: see Arithmetic. */
  readonly arithmetic?: Arithmetic;
}

const CPU_BACKEND_OPTIONS: OptionNames<CpuBackendOptions> = {
  maxMemoryBytes: true,
  threads: true,
  arithmetic: true,
};

interface Device {
  readonly memories: Memories;
  readonly pool: Pool;
  /** Runs kernels in one of the memories. */
  readonly splitIn: (where: KernelMemory) => Split;
  readonly context: DeviceContext;
  readonly parts: PartDevice;
  readonly sums: RowSums;
}

interface Prepared extends PreparedOperator {
  readonly limits: OperatorLimits;
  /** Its addresses hold while all of these are live. */
  readonly tensors: readonly DeviceTensor[];
  /** They were live when this was the backend's. */
  epoch: number;
}

interface PreparedProgram {
  readonly operators: readonly PreparedOperator[];
  /** The least of its operators' limits. */
  readonly maxTokens: number;
  readonly maxPosition: number;
  readonly epoch: number;
}

/** Programs of several parts as they were executed together. */
interface PreparedParts {
  readonly programs: readonly (readonly Operator[])[];
  readonly together: PartPrograms;
}

interface CpuParts {
  readonly memory: WebAssembly.Memory;
  readonly instance: Instance;
  readonly pool: Pool;
  readonly maxMemoryBytes: number;
  readonly sizes: MemorySizes;
  /** How many threads there are, in words. */
  readonly threadFeature: string;
  readonly arithmetic: Arithmetic;
}

/**
 * WebAssembly SIMD on the threads of a pool: weights lie in panels of eight rows, bf16 and packed ones as they are stored, and every sum has
 * one order. Weights of dtype f16 are widened to f32 when written.
 */
export class CpuBackend implements Backend {
  readonly info: BackendInfo;
  /** Null after dispose, so that the memory can be collected while the backend is still referenced. */
  #device: Device | null;
  #prepared = new WeakMap<Operator, Prepared>();
  #programs = new WeakMap<readonly Operator[], PreparedProgram>();
  /** By the program of the first part. */
  #parts = new WeakMap<readonly Operator[], readonly PreparedParts[]>();
  #live = new Set<CpuTensor>();
  #bytes = 0;
  /** Counts frees: an operator prepared before one may hold the address of a tensor that is no more. */
  #epoch = 0;

  constructor(parts: CpuParts) {
    const { memory, instance, pool, maxMemoryBytes, sizes, threadFeature, arithmetic } = parts;
    const memoryBytes = Math.min(maxMemoryBytes, sizes.memoryBytes);
    this.info = {
      name: "cpu",
      device: "WebAssembly SIMD",
      hardware: true,
      driver: "none",
      features: ["simd128", threadFeature],
      arithmetic,
      operatorTimes: "clock",
      maxTensorBytes: memoryBytes - PAGE_BYTES,
    };
    const memories = new Memories(
      memory,
      instance,
      { ...sizes, memoryBytes },
      new MemoryBudget(maxMemoryBytes),
      (added, exports) => pool.addMemory(added, exports),
    );
    const { allocator } = memories.first;
    const own = (tensor: DeviceTensor): CpuTensor => checkOwn("cpu", this, CpuTensor, tensor);
    const splitIn =
      ({ number, scratch }: KernelMemory) =>
      (kernel: string, work: KernelWork, args: readonly number[]): number => {
        if (work.scratchBytes === undefined)
          return pool.run(kernel, work, args, NO_SCRATCH, number);
        const bytes = cacheLines(work.scratchBytes);
        const each = scratch.reserveEach(pool.threads, bytes);
        return pool.run(kernel, work, args, each, number);
      };
    const contextIn = (where: KernelMemory): DeviceContext => ({
      memory: where,
      kernels: where.kernels,
      arithmetic,
      split: splitIn(where),
      own,
      intAt: (tensor, index) => view(memory, own(tensor), index, 1)[0] as number,
      layOut: ({ shape, label, address, length }) => {
        const copy = this.#place(shape, "f32", "f32", label, where);
        where.kernels.writeElements(copy.address, 0, length, address);
        return copy;
      },
      drop: ({ address }) => where.allocator.free(address),
      inMemory: (number) => contextIn(memories.at(number)),
    });
    const split = splitIn(memories.first);
    this.#device = {
      ...{ memories, pool, splitIn, context: contextIn(memories.first) },
      parts: { call: split, allocator, tables: new Scratch(allocator) },
      sums: new RowSums(allocator, split),
    };
  }

  /** Parts of operators that other threads than the calling one have done. */
  get sharedParts(): number {
    return this.#device?.pool.doneByWorkers ?? 0;
  }

  /** Memories of WebAssembly that it has; 0 after dispose. */
  get memories(): number {
    return this.#device?.memories.count ?? 0;
  }

  get memory(): MemoryUse {
    return { tensors: this.#live.size, bytes: this.#bytes };
  }

  alloc(shape: readonly number[], dtype: "f32" | "i32", label: string): DeviceTensor {
    return this.#alloc(shape, dtype, null, label);
  }

  allocWeight(shape: readonly number[], dtype: WeightBytes["dtype"], label: string): DeviceTensor {
    return this.#alloc(shape, dtype === "f16" ? "f32" : dtype, dtype, label);
  }

  writeWeight(tensor: DeviceTensor, offset: number, bytes: WeightBytes): void {
    const { memories, splitIn } = this.#alive();
    const target = this.#own(tensor);
    checkWriteWeight(target, target.layout, offset, bytes);
    const where = memories.at(target.place.memory);
    const { allocator, panels } = where;
    if (target.panels !== null) panels.write(target, target.panels, offset, bytes, splitIn(where));
    else if (target.dtype === "f32")
      widen(bytes, view(allocator.memory, target, offset, weightLength(bytes)) as Float32Array, 0);
    else {
      const to = target.address + offset * 2;
      new Uint8Array(allocator.memory.buffer, to, bytes.data.length).set(bytes.data);
    }
  }

  writeBlocks(
    tensor: DeviceTensor,
    offset: number,
    dtype: PackedDType,
    blocks: Uint8Array,
  ): boolean {
    const { memories, splitIn } = this.#alive();
    const target = this.#own(tensor);
    const count = blockElements(dtype, blocks.byteLength);
    if (count === null || target.panels === null || target.dtype !== dtype) return false;
    checkWriteBlocks(target, offset, count);
    const where = memories.at(target.place.memory);
    return where.panels.writeBlocks(target, target.panels, offset, count, blocks, splitIn(where));
  }

  write(tensor: DeviceTensor, offset: number, data: HostArray): void {
    const { memory } = this.#alive().memories.first.allocator;
    const target = this.#own(tensor);
    checkWrite(target, offset, data);
    view(memory, target, offset, data.length).set(data);
  }

  execute(program: readonly Operator[], step: Step): void {
    const { context, memories } = this.#alive();
    const { nTokens, start, row = 0 } = step;
    this.#bringTogether(program, memories);
    for (const { run } of this.#ready(program, step, context)) run(nTokens, start, row);
  }

  executeParts(parts: readonly ProgramPart[]): void {
    const { context, memories } = this.#alive();
    const [first] = parts;
    if (first === undefined) return;
    for (const { program } of parts) this.#bringTogether(program, memories);
    const known = this.#parts
      .get(first.program)
      ?.find(
        ({ programs }) =>
          programs.length === parts.length &&
          parts.every(({ program }, part) => program === programs[part]),
      );
    if (known === undefined) checkParts(parts);
    const ready = parts.map(({ program, step }) => this.#ready(program, step, context));
    const together = known?.together ?? this.#join(parts, ready);
    together.run(parts.map(({ step }) => step));
  }

  async profile(program: readonly Operator[], step: Step): Promise<OperatorTimes> {
    const { context, memories } = this.#alive();
    const { nTokens, start, row = 0 } = step;
    this.#bringTogether(program, memories);
    const operators = this.#ready(program, step, context);
    const times = timeEach(
      operators.map(
        ({ run }) =>
          () =>
            run(nTokens, start, row),
      ),
    );
    await null; // as `read`
    this.#alive();
    return times;
  }

  copy(
    from: DeviceTensor,
    fromOffset: number,
    to: DeviceTensor,
    toOffset: number,
    count: number,
  ): void {
    const { words } = this.#alive().memories.first.allocator;
    const [source, target] = [this.#own(from), this.#own(to)];
    checkCopy(source, fromOffset, target, toOffset, count);
    const first = source.address / 4 + fromOffset;
    const place = target.address / 4 + toOffset;
    if (count > FEW_WORDS || source === target) words.copyWithin(place, first, first + count);
    else for (let i = 0; i < count; i++) words[place + i] = words[first + i] as number;
  }

  softmaxSums(logits: DeviceTensor, rows: readonly number[]): (SoftmaxSums | null)[] {
    const { sums } = this.#alive();
    const source = this.#own(logits);
    const nVocab = rowSize(source);
    for (const row of rows) checkRead(source, row * nVocab, nVocab);
    return sums.of(source.address, nVocab, rows);
  }

  softmaxRows(x: DeviceTensor, out: DeviceTensor, isLog: boolean): number[] {
    const { sums } = this.#alive();
    const [source, target] = [this.#own(x), this.#own(out)];
    checkSoftmax(source, target);
    const n = rowSize(source);
    return sums.softmax(source.address, source.length / n, n, target.address, isLog);
  }

  topKRows(x: DeviceTensor, out: DeviceTensor): void {
    const { memories, splitIn } = this.#alive();
    const [source, target] = [this.#own(x), this.#own(out)];
    checkTopK(source, target);
    const [n, k] = [rowSize(source), rowSize(target)];
    const work = { total: source.length / n, ns: source.length * SCALAR_NS };
    splitIn(memories.first)("topOfRows", work, [source.address, n, k, target.address]);
  }

  async read(tensor: DeviceTensor, offset = 0, count?: number): Promise<HostArray> {
    this.#alive();
    const source = this.#own(tensor);
    const length = count ?? source.length - offset;
    checkRead(source, offset, length);
    return this.#read(source, offset, length);
  }

  async readWeight(tensor: DeviceTensor, offset: number, count: number): Promise<HostArray> {
    this.#alive();
    const source = this.#own(tensor);
    checkRange("readWeight", source, offset, count);
    return this.#read(source, offset, count);
  }

  async #read(source: CpuTensor, offset: number, length: number): Promise<HostArray> {
    const { memories } = this.#alive();
    const { allocator, panels } = memories.at(source.place.memory);
    const values =
      source.panels === null
        ? readNow(allocator.memory, source, offset, length)
        : panels.read(source, offset, length);
    await null; // a dispose that follows at once finds this read waiting, as on any device
    this.#alive();
    return values;
  }

  openLimits(mostBytes: number): DeviceLimits {
    const { memories, splitIn } = this.#alive();
    const { allocator } = memories.first;
    const limits = cpuLimits(allocator, splitIn(memories.first), mostBytes);
    const measured = limits.kernels.map(
      (kernel): LimitKernel => ({
        ...kernel,
        measure: async (amount) => {
          this.#alive();
          return kernel.measure(amount);
        },
      }),
    );
    const dispose = (): void => {
      if (this.#device !== null) limits.dispose();
    };
    return { kernels: measured, dispose };
  }

  async flush(): Promise<void> {
    this.#alive();
    await null;
    this.#alive();
  }

  free(tensor: DeviceTensor): void {
    const { memories } = this.#alive();
    const owned = this.#own(tensor);
    memories.at(owned.place.memory).allocator.free(owned.address);
    owned.freed = true;
    this.#epoch += 1;
    this.#live.delete(owned);
    this.#bytes -= owned.sizeBytes;
  }

  dispose(): void {
    this.#device?.pool.end();
    this.#device = null;
    for (const tensor of this.#live) tensor.freed = true;
    this.#live.clear();
    this.#bytes = 0;
    this.#forgetPrograms();
  }

  /** Addresses in programs hold no longer. */
  #forgetPrograms(): void {
    this.#prepared = new WeakMap();
    this.#programs = new WeakMap();
    this.#parts = new WeakMap();
  }

  #own(tensor: DeviceTensor): CpuTensor {
    return checkOwn("cpu", this, CpuTensor, tensor);
  }

  #join(
    parts: readonly ProgramPart[],
    operators: readonly (readonly PreparedOperator[])[],
  ): PartPrograms {
    const together = new PartPrograms(operators, this.#alive().parts);
    const programs = parts.map(({ program }) => program);
    const [first] = programs as [readonly Operator[]];
    const others = this.#parts.get(first) ?? [];
    this.#parts.set(first, [...others, { programs, together }].slice(-MOST_JOINED));
    return together;
  }

  /** The operators of a program, all of which fit the step. */
  #ready(
    program: readonly Operator[],
    step: Step,
    context: DeviceContext,
  ): readonly PreparedOperator[] {
    checkStepNumbers(step);
    const known = this.#programs.get(program);
    if (known?.epoch === this.#epoch && fits(known, step)) return known.operators;
    const operators = program.map((operator) => {
      const prepared = this.#prepare(operator, context);
      checkStep(operator.kind, prepared.limits, step);
      return prepared;
    });
    const limits = operators.map((prepared) => prepared.limits);
    this.#programs.set(program, {
      operators,
      maxTokens: Math.min(...limits.map(({ maxTokens }) => maxTokens)),
      maxPosition: Math.min(...limits.map(({ maxPosition }) => maxPosition)),
      epoch: this.#epoch,
    });
    return operators;
  }

  #prepare(operator: Operator, context: DeviceContext): Prepared {
    const known = this.#prepared.get(operator);
    if (known?.epoch === this.#epoch) return known;
    const tensors = known?.tensors ?? operatorTensors(operator).map(([, tensor]) => tensor);
    for (const tensor of tensors) this.#own(tensor);
    if (known !== undefined) {
      known.epoch = this.#epoch;
      return known;
    }
    const limits = checkOperator(operator);
    const prepared = {
      ...prepare(operator, limits.tokenTensors, context),
      limits,
      tensors,
      epoch: this.#epoch,
    };
    this.#prepared.set(operator, prepared);
    return prepared;
  }

  #alloc(
    shape: readonly number[],
    dtype: CpuDType,
    weightDType: WeightBytes["dtype"] | null,
    label: string,
  ): CpuTensor {
    this.#alive();
    checkShape(shape, label);
    const tensor = this.#place(shape, dtype, weightDType, label);
    this.#live.add(tensor);
    this.#bytes += tensor.sizeBytes;
    return tensor;
  }

  /** A tensor that is not counted yet. @param where a matrix is to lie; default: wherever there is room */
  #place(
    shape: readonly number[],
    dtype: CpuDType,
    weightDType: WeightBytes["dtype"] | null,
    label: string,
    where?: KernelMemory,
  ): CpuTensor {
    const { memories } = this.#alive();
    const panels = weightDType === null ? null : weightPanels(shape, dtype);
    const sizeBytes = panels?.sizeBytes ?? tensorBytes(shape, dtype);
    if (sizeBytes > this.info.maxTensorBytes)
      throw new BackendError(
        "ERR_TENSOR_TOO_LARGE",
        `alloc: expected at most ${this.info.maxTensorBytes} bytes a tensor, got ${sizeBytes} for "${label}". Use the webgpu backend for a model of this size.`,
      );
    const needed = panels === null ? sizeBytes : DESCRIPTOR_BYTES + sizeBytes;
    const { number, allocator } = where ?? memories.first;
    const place =
      panels === null || where !== undefined
        ? { memory: number, address: allocator.allocate(needed, label) }
        : memories.placeMatrix(needed, label);
    const tensor = new CpuTensor(this, shape, dtype, weightDType, label, place);
    if (panels !== null)
      layPanels(memories.at(place.memory).allocator.memory.buffer, place.address, panels);
    return tensor;
  }

  /** Moves matrices of a program that one operator reads and that lie in several memories. */
  #bringTogether(program: readonly Operator[], memories: Memories): void {
    if (memories.count === 1 || this.#programs.has(program)) return;
    for (const operator of program) {
      const matrices = operatorTensors(operator)
        .map(([, tensor]) => this.#own(tensor))
        .filter(({ panels }) => panels !== null);
      if (new Set(matrices.map(({ place }) => place.memory)).size < 2) continue;
      const bytesOf = ({ sizeBytes }: CpuTensor) => DESCRIPTOR_BYTES + sizeBytes;
      for (const [tensor, place] of memories.placeTogether(matrices, bytesOf)) {
        const [from, to] = [memories.at(tensor.place.memory), memories.at(place.memory)];
        const { address, panels, sizeBytes } = tensor;
        if (panels !== null) layPanels(to.allocator.memory.buffer, place.address, panels);
        const first = address + DESCRIPTOR_BYTES;
        const elements = from.allocator.bytes.subarray(first, first + sizeBytes);
        to.allocator.bytes.set(elements, place.address + DESCRIPTOR_BYTES);
        from.allocator.free(address);
        tensor.place = place;
      }
      this.#forgetPrograms();
    }
  }

  #alive(): Device {
    if (this.#device === null)
      throw new BackendError(
        "ERR_DISPOSED",
        "cpu: expected a live backend, got one after dispose(). Create a new backend or load the model again.",
      );
    this.#device.pool.settle();
    return this.#device;
  }
}

/**
 * A backend in WebAssembly with SIMD, in float32: Node and browsers have it alike. Activations and caches take 4 GiB at most.
 * @throws BackendError ERR_WASM_SIMD where WebAssembly SIMD is missing, ERR_THREADS where there cannot be as many; InputError
 * ERR_OPTION
 */
export async function createCpuBackend(options: CpuBackendOptions = {}): Promise<CpuBackend> {
  checkOptions("createCpuBackend", options, CPU_BACKEND_OPTIONS);
  const maxBytes = options.maxMemoryBytes ?? hostBytes();
  const arithmetic = checkArithmetic(options.arithmetic ?? "exact");
  return openCpuBackend(maxBytes, threadCount(options.threads), { arithmetic });
}

interface Ways {
  readonly arithmetic?: Arithmetic;
  /** What is split over threads. */
  readonly rule?: SplitRule;
  readonly sizes?: MemorySizes;
}

/**
 * The same with rules of its own for what is split, and for where weights lie.
 * @throws BackendError ERR_WASM_SIMD, ERR_THREADS
 */
export async function openCpuBackend(
  maxMemoryBytes: number,
  { threads, reason }: ThreadCount,
  { arithmetic = "exact", rule, sizes = MEMORY_SIZES }: Ways = {},
): Promise<CpuBackend> {
  const shared = threads > 1;
  const memory = new WebAssembly.Memory({
    initial: FIRST_PAGES,
    maximum: ADDRESSABLE_BYTES / PAGE_BYTES,
    shared,
  });
  const instance = await instantiateKernels(memory, shared);
  const pool = new Pool({ ...instance, memory, threads, ...(rule && { rule }) });
  const threadFeature = `threads: ${threads}${reason === null ? "" : ` (${reason})`}`;
  return new CpuBackend({
    ...{ memory, instance, pool, maxMemoryBytes, sizes, threadFeature, arithmetic },
  });
}

function fits(
  { maxTokens, maxPosition }: PreparedProgram,
  { nTokens, start, row = 0 }: Step,
): boolean {
  return row + nTokens <= maxTokens && start + nTokens <= maxPosition;
}

/** Bytes that no other thread writes beside. */
function cacheLines(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
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

/** Elements that lie one after the other. */
function readNow(
  memory: WebAssembly.Memory,
  source: CpuTensor,
  offset: number,
  length: number,
): HostArray {
  if (source.dtype !== "bf16") return view(memory, source, offset, length).slice();
  const widened = new Float32Array(length);
  const data = new Uint8Array(memory.buffer, source.address + 2 * offset, 2 * length);
  widen({ dtype: "bf16", data }, widened, 0);
  return widened;
}
