import { BackendError } from "../../base/errors.ts";
import { concatenate } from "../../tensor/concatenate.ts";
import type { HostArray } from "../../tensor/tensor.ts";
import type {
  Backend,
  BackendInfo,
  MemoryUse,
  OperatorTimes,
  ProgramPart,
  RankedRow,
  WeightBytes,
} from "../backend.ts";
import {
  checkCopy,
  checkOwn,
  checkRead,
  checkShape,
  checkWrite,
  checkWriteWeight,
} from "../checkCall.ts";
import { checkParts, checkStepNumbers, rowSize } from "../checkOperator.ts";
import type { DeviceDType, DeviceTensor, Step } from "../deviceTensor.ts";
import type { DeviceLimits } from "../limits.ts";
import { noTimestamps } from "../noTimestamps.ts";
import type { Operator } from "../operators.ts";
import { isPacked, packedLayout } from "../packed.ts";
import { weightLength, widen } from "../widen.ts";
import { type AdapterDescription, adapterName } from "./adapter.ts";
import { DeviceFailure } from "./deviceFailure.ts";
import { BUFFER_USAGE, MAP_MODE_READ } from "./gpuConstants.ts";
import { HostInts } from "./hostInts.ts";
import { KernelForms, newForm } from "./kernelForms.ts";
import { chainAt } from "./operators/fuse.ts";
import { weightWrites } from "./packedWrite.ts";
import { ParamsStore } from "./paramsStore.ts";
import { PassClock, passTimes } from "./passClock.ts";
import { Pipelines } from "./pipelines.ts";
import { PreparedChain } from "./preparedChain.ts";
import { PreparedKernel } from "./preparedKernel.ts";
import type { PreparedOn } from "./preparedOn.ts";
import { PreparedOperator, type Recorded } from "./preparedOperator.ts";
import type { ProductChoice } from "./products/productChoice.ts";
import type { Subgroups } from "./products/subgroups.ts";
import { rankedWords, rankRow, readRanked } from "./rankRow.ts";
import { StagingPool } from "./stagingPool.ts";
import { WebGpuTensor } from "./tensor.ts";
import { elementBytes, tensorBytes } from "./tensorBytes.ts";
import { bufferBytes, partShapes, TensorPart } from "./tensorPart.ts";
import { WebGpuLimits } from "./webGpuLimits.ts";

/** Three words, and one that aligns. */
const STEP_BYTES = 16;
/** Steps that one submission takes. */
const MOST_STEPS = 1024;

/** The kernel that ranks a tensor's rows at one temperature, and what it writes. */
interface Ranking {
  readonly temperature: number;
  readonly kernel: PreparedKernel;
  readonly out: WebGpuTensor;
}

/**
 * The engine on a GPUDevice, in Node or in a browser. Weights stay packed on the device as the checkpoint has them.
 * Each part that is executed is one compute pass, of as many as operators where these are measured; what an operator needs for it is made at its first execution. Steps, the ranking
 * of their logits and what is copied and read from them in the same turn are one submission.
 */
export class WebGpuBackend implements Backend {
  readonly info: BackendInfo;
  readonly device: GPUDevice;
  readonly #failure: DeviceFailure;
  readonly #pipelines: Pipelines;
  readonly #staging: StagingPool;
  readonly #tensors = new Set<WebGpuTensor>();
  readonly #prepared = new WeakMap<Operator, PreparedOperator>();
  /** By the operator that they begin with. */
  readonly #chains = new WeakMap<Operator, PreparedChain>();
  readonly #programs = new WeakMap<readonly Operator[], readonly Recorded[]>();
  /** The numbers of the step that is executed. */
  readonly #stepBuffer: GPUBuffer;
  /** Those of a submission's second step and of all after it, each copied there before its step. */
  readonly #laterSteps: GPUBuffer;
  readonly #preparedOn: PreparedOn;
  readonly #stepData = new Uint32Array(3);
  #step: Step = { nTokens: 1, start: 0 };
  readonly #scratches = new Map<string, WeakRef<WebGpuTensor>>();
  readonly #rankings = new WeakMap<WebGpuTensor, Ranking>();
  /** Copies and steps that wait for the next submission, at the latest at the end of the turn. */
  #encoder: GPUCommandEncoder | null = null;
  /** Steps among them. */
  #stepsPlaced = 0;
  #submissions = 0;
  #bytes = 0;
  #dispatches = 0;
  #disposed = false;
  readonly #onDispose: () => void;

  constructor(
    device: GPUDevice,
    adapter: AdapterDescription,
    options: {
      readonly maxBindingBytes: number;
      readonly products: ProductChoice;
      readonly subgroups: Subgroups;
      readonly arithmetic: "exact" | "i8";
      readonly onDispose: () => void;
    },
  ) {
    this.device = device;
    this.#onDispose = options.onDispose;
    this.info = {
      name: "webgpu",
      device: adapterName(adapter),
      hardware: !adapter.software,
      driver: adapter.description,
      features: [...device.features].sort(),
      arithmetic: options.arithmetic,
      operatorTimes: device.features.has("timestamp-query") ? "timestamps" : null,
      maxTensorBytes: Math.min(
        options.maxBindingBytes,
        device.limits.maxStorageBufferBindingSize,
        device.limits.maxBufferSize,
      ),
    };
    this.#failure = new DeviceFailure(device, () => this.#disposed);
    this.#pipelines = new Pipelines(device);
    this.#staging = new StagingPool(device);
    this.#stepBuffer = device.createBuffer({
      label: "step",
      size: STEP_BYTES,
      usage: BUFFER_USAGE.uniform | BUFFER_USAGE.copyDestination,
    });
    this.#laterSteps = device.createBuffer({
      label: "later steps",
      size: STEP_BYTES * MOST_STEPS,
      usage: BUFFER_USAGE.copySource | BUFFER_USAGE.copyDestination,
    });
    this.#preparedOn = {
      owner: this,
      device,
      pipelines: this.#pipelines,
      forms: new KernelForms(),
      params: new ParamsStore(device),
      mostBuffers: device.limits.maxStorageBuffersPerShaderStage,
      stepBuffer: this.#stepBuffer,
      target: {
        products: options.products,
        subgroups: options.subgroups,
        arithmetic: options.arithmetic,
        scratch: (...asked) => this.#sharedScratch(...asked),
      },
    };
  }

  /** How it shares out matrix products. */
  get products(): ProductChoice {
    return this.#preparedOn.target.products;
  }

  get memory(): MemoryUse {
    return { tensors: this.#tensors.size, bytes: this.#bytes };
  }

  /** Compute dispatches recorded so far: proof that shaders ran. */
  get dispatchCount(): number {
    return this.#dispatches;
  }

  /** Submissions so far: a decoded token takes one. */
  get submissionCount(): number {
    return this.#submissions;
  }

  /** Distinct shaders compiled so far. */
  get pipelineCount(): number {
    return this.#pipelines.count;
  }

  alloc(shape: readonly number[], dtype: "f32" | "i32", label: string): DeviceTensor {
    return this.#allocate(shape, dtype, null, label, 1);
  }

  /** A matrix larger than a binding lies in several buffers. */
  allocWeight(shape: readonly number[], dtype: WeightBytes["dtype"], label: string): DeviceTensor {
    return this.#allocate(shape, dtype, dtype, label, this.#preparedOn.mostBuffers);
  }

  writeWeight(tensor: DeviceTensor, offset: number, bytes: WeightBytes): void {
    const target = this.#own(tensor);
    const layout = isPacked(target.dtype) ? packedLayout(target.dtype, target.shape) : null;
    checkWriteWeight(target, layout, offset, bytes);
    const writes = weightWrites(target, offset, bytes);
    this.#submit();
    for (const { buffer, offsetBytes, data } of writes) this.#writeBytes(buffer, offsetBytes, data);
  }

  write(tensor: DeviceTensor, offset: number, data: HostArray): void {
    const target = this.#own(tensor);
    checkWrite(target, offset, data);
    if (data instanceof Int32Array) {
      target.hostInts ??= new HostInts(target.length);
      target.hostInts.write(offset, data);
    }
    const array = data instanceof Float64Array ? Float32Array.from(data) : data;
    this.#submit();
    this.#writeBytes(
      target.buffer,
      offset * 4,
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
    );
  }

  execute(program: readonly Operator[], step: Step): void {
    this.executeParts([{ program, step }]);
  }

  executeParts(parts: readonly ProgramPart[]): void {
    this.#ensureUsable();
    checkParts(parts);
    this.#checked(parts);
    for (const { program, step } of parts) {
      this.#placeStep(step);
      this.#pass(this.#recorded(program), step);
    }
    queueMicrotask(() => this.#submit());
  }

  async profile(program: readonly Operator[], step: Step): Promise<OperatorTimes> {
    this.#ensureUsable();
    if (this.info.operatorTimes === null) throw noTimestamps("profile", this.info);
    const operators = this.#checked([{ program, step }]).flatMap((part) => part.operators);
    if (operators.length === 0) return passTimes(new BigUint64Array(0));
    const clock = new PassClock(this.device, operators.length);
    try {
      this.#placeStep(step);
      for (const [i, operator] of operators.entries()) this.#pass([operator], step, clock.pass(i));
      clock.stop(this.#commands());
      return await this.#passTimes(clock.timestamps);
    } finally {
      clock.destroy();
    }
  }

  /** Parts that fit their steps, ready to be recorded. */
  #checked(parts: readonly ProgramPart[]) {
    const prepared = parts.map(({ program, step }) => {
      checkStepNumbers(step);
      const operators = program.map((op) => this.#prepare(op));
      for (const operator of operators) operator.check(step);
      return { operators, step };
    });
    for (const { operators, step } of prepared) {
      const writtenInts = new Set<WebGpuTensor>();
      for (const operator of operators) operator.checkIndices(step, writtenInts);
      for (const tensor of writtenInts) tensor.hostInts = null;
    }
    return prepared;
  }

  #pass(recorded: readonly Recorded[], step: Step, descriptor?: GPUComputePassDescriptor): void {
    const pass = this.#commands().beginComputePass(descriptor);
    try {
      for (const each of recorded) this.#dispatches += each.encode(pass, step);
    } finally {
      pass.end();
    }
  }

  /** A checked program with its chains put together. */
  #recorded(program: readonly Operator[]): readonly Recorded[] {
    const known = this.#programs.get(program);
    if (known !== undefined) return known;
    const recorded: Recorded[] = [];
    for (let i = 0; i < program.length; ) {
      const chain = this.#chain(program, i);
      recorded.push(chain ?? this.#prepare(program[i] as Operator));
      i += chain?.operators.length ?? 1;
    }
    this.#programs.set(program, recorded);
    return recorded;
  }

  #chain(program: readonly Operator[], index: number): PreparedChain | null {
    const first = program[index] as Operator;
    const known = this.#chains.get(first);
    if (known?.operators.every((operator, i) => operator === program[index + i])) return known;
    const chain = chainAt(program, index, this.#preparedOn.target);
    if (chain === null) return null;
    const prepared = chain.operators.map((operator) => this.#prepare(operator));
    const made = new PreparedChain(chain, prepared, this.#preparedOn);
    this.#chains.set(first, made);
    return made;
  }

  /** Puts a step's numbers where kernels read them, behind what was recorded before. */
  #placeStep(step: Step): void {
    this.#step = step;
    this.#stepData[0] = step.nTokens;
    this.#stepData[1] = step.start;
    this.#stepData[2] = step.row ?? 0;
    if (this.#stepsPlaced === MOST_STEPS) this.#submit();
    const { queue } = this.device;
    if (this.#stepsPlaced === 0) queue.writeBuffer(this.#stepBuffer, 0, this.#stepData);
    else {
      const at = STEP_BYTES * this.#stepsPlaced;
      queue.writeBuffer(this.#laterSteps, at, this.#stepData);
      this.#commands().copyBufferToBuffer(this.#laterSteps, at, this.#stepBuffer, 0, STEP_BYTES);
    }
    this.#stepsPlaced += 1;
  }

  async prepare(program: readonly Operator[], step: Step): Promise<void> {
    this.#ensureUsable();
    checkStepNumbers(step);
    for (const op of program) this.#prepare(op).check(step);
    const missing = this.#recorded(program).flatMap((each) => each.compile(step));
    if (missing.length === 0) return;
    try {
      await Promise.all(missing);
    } catch (cause) {
      this.#ensureUsable();
      await this.#failure.explain(cause);
    }
    this.#ensureUsable();
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
    if (source.hostInts !== null || target.hostInts !== null) {
      target.hostInts ??= new HostInts(target.length);
      target.hostInts.copy(source.hostInts, fromOffset, toOffset, count);
    }
    if (count === 0) return;
    const commands = this.#commands();
    const bytes = count * 4;
    if (source !== target) {
      commands.copyBufferToBuffer(
        source.buffer,
        fromOffset * 4,
        target.buffer,
        toOffset * 4,
        bytes,
      );
      return;
    }
    // WebGPU refuses copies within one buffer.
    const between = this.device.createBuffer({
      label: `copy within ${source.label}`,
      size: bytes,
      usage: BUFFER_USAGE.copySource | BUFFER_USAGE.copyDestination,
    });
    commands.copyBufferToBuffer(source.buffer, fromOffset * 4, between, 0, bytes);
    commands.copyBufferToBuffer(between, 0, target.buffer, toOffset * 4, bytes);
    this.#submit();
    between.destroy();
  }

  async read(tensor: DeviceTensor, offset = 0, count?: number): Promise<HostArray> {
    const source = this.#own(tensor);
    const wanted = count ?? source.length - offset;
    checkRead(source, offset, wanted);
    if (wanted === 0) {
      await null; // a dispose that follows at once finds this read waiting too
      this.#ensureUsable();
      return source.dtype === "i32" ? new Int32Array(0) : new Float32Array(0);
    }
    const pieces = source.parts.flatMap((part) => {
      const from = Math.max(offset, part.start);
      const to = Math.min(offset + wanted, part.start + part.size);
      return from < to ? [this.#readPart(source, part, from - part.start, to - from)] : [];
    });
    return concatenate(await Promise.all(pieces));
  }

  async #readPart(
    source: WebGpuTensor,
    part: TensorPart,
    offset: number,
    wanted: number,
  ): Promise<HostArray> {
    const width = elementBytes(source.dtype);
    const firstByte = Math.floor((offset * width) / 4) * 4;
    const endByte = Math.ceil(((offset + wanted) * width) / 4) * 4;
    const bytes = await this.#readBytes(part.buffer, firstByte, endByte - firstByte);
    if (source.dtype === "i32") return new Int32Array(bytes);
    if (source.dtype === "f32") return new Float32Array(bytes);
    const packed: WeightBytes = {
      dtype: source.dtype === "f16" ? "f16" : "bf16",
      data: new Uint8Array(bytes, offset * width - firstByte, wanted * width),
    };
    const widened = new Float32Array(weightLength(packed));
    widen(packed, widened, 0);
    return widened;
  }

  /** Submits what waits, and reads bytes of a buffer behind it. @param first a multiple of 4, as is `count` */
  async #readBytes(buffer: GPUBuffer, first: number, count: number): Promise<ArrayBuffer> {
    const staging = this.#staging.take(count);
    this.#commands().copyBufferToBuffer(buffer, first, staging, 0, count);
    this.#submit();
    try {
      await staging.mapAsync(MAP_MODE_READ, 0, count);
    } catch (cause) {
      staging.destroy();
      this.#ensureUsable();
      await this.#failure.explain(cause);
    }
    this.#ensureUsable();
    const bytes = staging.getMappedRange(0, count).slice(0);
    staging.unmap();
    this.#staging.give(staging);
    this.#failure.throwIfAny();
    return bytes;
  }

  async rankLastRow(logits: DeviceTensor, temperature: number): Promise<RankedRow | null> {
    const source = this.#own(logits);
    const { kernel, out } = this.#ranking(source, temperature);
    const pass = this.#commands().beginComputePass();
    this.#dispatches += kernel.encode(pass, this.#step);
    pass.end();
    return readRanked((await this.read(out)) as Int32Array, rowSize(source));
  }

  openLimits(mostBytes: number): DeviceLimits {
    this.#ensureUsable();
    return new WebGpuLimits(this, Math.min(mostBytes, this.info.maxTensorBytes));
  }

  /** What the passes of a clock took that was stopped in a submission before. */
  async passNs({ timestamps }: PassClock): Promise<number> {
    const { durationNs } = await this.#passTimes(timestamps);
    return durationNs.reduce((sum, ns) => sum + ns, 0);
  }

  async #passTimes(timestamps: GPUBuffer): Promise<OperatorTimes> {
    return passTimes(new BigUint64Array(await this.#readBytes(timestamps, 0, timestamps.size)));
  }

  async flush(): Promise<void> {
    this.#ensureUsable();
    this.#submit();
    try {
      await this.device.queue.onSubmittedWorkDone();
    } catch (cause) {
      this.#ensureUsable();
      await this.#failure.explain(cause);
    }
    this.#ensureUsable();
    this.#failure.throwIfAny();
  }

  /** Also on a lost device, so that whoever cleans up need not know of it. */
  free(tensor: DeviceTensor): void {
    this.#ensureLive();
    const owned = checkOwn("webgpu", this, WebGpuTensor, tensor);
    this.#submit();
    this.#release(owned);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#encoder = null;
    for (const tensor of [...this.#tensors]) this.#release(tensor);
    this.#staging.destroy();
    this.#stepBuffer.destroy();
    this.#laterSteps.destroy();
    this.device.destroy();
    this.#onDispose();
  }

  /** @param mostBuffers beyond which a tensor is refused */
  #allocate(
    shape: readonly number[],
    dtype: DeviceDType,
    weightDType: WeightBytes["dtype"] | null,
    label: string,
    mostBuffers: number,
  ): WebGpuTensor {
    this.#ensureUsable();
    checkShape(shape, label);
    const sizeBytes = tensorBytes(shape, dtype);
    const { maxTensorBytes } = this.info;
    const fits = sizeBytes <= mostBuffers * maxTensorBytes;
    const shapes = fits ? partShapes(shape, dtype, maxTensorBytes) : [];
    if (shapes.length === 0 || shapes.length > mostBuffers)
      throw new BackendError(
        "ERR_TENSOR_TOO_LARGE",
        `alloc: expected at most ${maxTensorBytes} bytes for one ${mostBuffers === 1 ? "tensor" : `of ${mostBuffers} buffers of a matrix`} on ${this.info.device}, got ${sizeBytes} for ${label} (${shape.join(", ")}) ${dtype}. Use fewer tokens, backend "cpu" or a device with a larger limit.`,
      );
    let start = 0;
    const parts = shapes.map((partShape, p) => {
      const buffer = this.device.createBuffer({
        label: shapes.length === 1 ? label : `${label}, part ${p}`,
        size: bufferBytes(partShape, dtype),
        usage: BUFFER_USAGE.storage | BUFFER_USAGE.copySource | BUFFER_USAGE.copyDestination,
      });
      const part = new TensorPart(buffer, partShape, dtype, start);
      start += part.size;
      return part;
    });
    const tensor = new WebGpuTensor(this, [...shape], dtype, weightDType, label, parts);
    this.#tensors.add(tensor);
    this.#bytes += tensor.sizeBytes;
    return tensor;
  }

  #release(tensor: WebGpuTensor): void {
    if (!this.#tensors.delete(tensor)) return;
    this.#bytes -= tensor.sizeBytes;
    tensor.freed = true;
    tensor.hostInts = null;
    for (const part of tensor.parts) part.buffer.destroy();
  }

  /** Words beside `memory`, freed by the garbage collector with what uses them. */
  #scratch(words: number, label: string, dtype: "f32" | "i32"): WebGpuTensor {
    const buffer = this.device.createBuffer({
      label,
      size: bufferBytes([words], dtype),
      usage: BUFFER_USAGE.storage | BUFFER_USAGE.copySource,
    });
    const part = new TensorPart(buffer, [words], dtype, 0);
    return new WebGpuTensor(this, [words], dtype, null, label, [part]);
  }

  /** The same words for all operators that ask for the same while one of them lives: they are executed one after the other. */
  #sharedScratch(words: number, label: string, dtype: "f32" | "i32"): WebGpuTensor {
    const key = `${words} ${label} ${dtype}`;
    const known = this.#scratches.get(key)?.deref();
    if (known !== undefined) return known;
    const made = this.#scratch(words, label, dtype);
    this.#scratches.set(key, new WeakRef(made));
    return made;
  }

  /** The ranking of a tensor's rows; its few words of output are freed with it, by the garbage collector. */
  #ranking(logits: WebGpuTensor, temperature: number): Ranking {
    const known = this.#rankings.get(logits);
    if (known?.temperature === temperature) return known;
    const out = this.#scratch(rankedWords(rowSize(logits)), "ranked", "i32");
    const kernel = new PreparedKernel(
      rankRow(logits, temperature, out),
      newForm(),
      this.#preparedOn,
    );
    const made = { temperature, kernel, out };
    this.#rankings.set(logits, made);
    return made;
  }

  #prepare(op: Operator): PreparedOperator {
    let prepared = this.#prepared.get(op);
    if (!prepared) {
      prepared = new PreparedOperator(op, this.#preparedOn);
      this.#prepared.set(op, prepared);
    }
    return prepared;
  }

  /** What the next submission takes along. */
  #commands(): GPUCommandEncoder {
    this.#encoder ??= this.device.createCommandEncoder();
    return this.#encoder;
  }

  #submit(): void {
    if (!this.#encoder) return;
    const commands = this.#encoder.finish();
    this.#encoder = null;
    this.#stepsPlaced = 0;
    this.device.queue.submit([commands]);
    this.#submissions += 1;
  }

  #writeBytes(buffer: GPUBuffer, offsetBytes: number, data: Uint8Array): void {
    if (data.length === 0) return;
    this.device.queue.writeBuffer(buffer, offsetBytes, data as Uint8Array<ArrayBuffer>);
  }

  #own(tensor: DeviceTensor): WebGpuTensor {
    this.#ensureUsable();
    return checkOwn("webgpu", this, WebGpuTensor, tensor);
  }

  #ensureUsable(): void {
    this.#ensureLive();
    this.#failure.throwIfLost();
  }

  #ensureLive(): void {
    if (this.#disposed)
      throw new BackendError(
        "ERR_DISPOSED",
        "webgpu: expected a live backend, got one after dispose(). Create a new backend or load the model again.",
      );
  }
}
