import type { BackendInfo } from "../backend.ts";
import type { DeviceLimits, LimitKernel, MeasuredWork } from "../limits.ts";
import { BUFFER_USAGE, SHADER_STAGE_COMPUTE } from "./gpuConstants.ts";
import { PassClock } from "./passClock.ts";
import { COPY, FILL, FUSED, LIMIT_GROUP, LIMIT_VECTORS, READ, SEPARATE } from "./wgsl/limits.ts";

const VECTOR_BYTES = 16;

/** Vectors that an invocation moves. */
const VECTORS_EACH = 16;

/** Workgroups of a calculation: more invocations than any device runs at a time. */
const GROUPS = 2048;

/** Iterations of one dispatch: a driver may end a dispatch that takes seconds. */
const MOST_ITERATIONS = 4096;

const FLOPS_OF_ITERATION = GROUPS * LIMIT_GROUP * LIMIT_VECTORS * 4 * 2;

/** The backend, as far as measuring goes. */
export interface LimitsDevice {
  readonly info: BackendInfo;
  readonly device: GPUDevice;
  flush(): Promise<void>;
  /** What the passes of a stopped clock took; nanoseconds. */
  passNs(clock: PassClock): Promise<number>;
}

/** Shaders that read, copy and calculate, timed by the device's timestamps where it has them, else by the clock. */
export class WebGpuLimits implements DeviceLimits {
  readonly kernels: readonly LimitKernel[];
  readonly #backend: LimitsDevice;
  readonly #source: GPUBuffer;
  readonly #target: GPUBuffer;
  readonly #params: GPUBuffer;
  readonly #vectors: number;
  readonly #pipelines = new Map<string, GPUComputePipeline>();
  #isFilled = false;

  /** @param mostBytes of each of the two buffers */
  constructor(backend: LimitsDevice, mostBytes: number) {
    this.#backend = backend;
    const { device } = backend;
    const least = GROUPS * LIMIT_GROUP * VECTOR_BYTES; // what calculations leave
    const unit = LIMIT_GROUP * VECTORS_EACH * VECTOR_BYTES;
    const size = Math.max(least, Math.floor(mostBytes / unit) * unit);
    this.#vectors = size / VECTOR_BYTES;
    const usage = BUFFER_USAGE.storage | BUFFER_USAGE.copySource | BUFFER_USAGE.copyDestination;
    this.#source = device.createBuffer({ label: "bytes to read", size, usage });
    this.#target = device.createBuffer({ label: "bytes to write", size, usage });
    this.#params = device.createBuffer({
      label: "limits",
      size: 16,
      usage: BUFFER_USAGE.uniform | BUFFER_USAGE.copyDestination,
    });
    const moves = (bytes: number, code: string) => (amount: number) =>
      this.#run(code, Math.max(1, Math.round(amount / bytes)), bytes);
    this.kernels = [
      { name: "read", unit: "bytes", measure: moves(size, READ) },
      { name: "copy", unit: "bytes", measure: moves(2 * size, COPY) },
      { name: "copy of buffers", unit: "bytes", measure: (n) => this.#copyBuffers(n) },
      { name: "fused multiply-add f32", unit: "f32", measure: (n) => this.#calculate(FUSED, n) },
      { name: "multiply and add f32", unit: "f32", measure: (n) => this.#calculate(SEPARATE, n) },
    ];
  }

  dispose(): void {
    for (const buffer of [this.#source, this.#target, this.#params]) buffer.destroy();
  }

  /** By the driver's own means, and by the clock: copies have no timestamps. */
  async #copyBuffers(amount: number): Promise<MeasuredWork> {
    await this.#fill();
    const { device } = this.#backend;
    const { size } = this.#source;
    const copies = Math.max(1, Math.round(amount / (2 * size)));
    const commands = device.createCommandEncoder();
    for (let i = 0; i < copies; i++)
      commands.copyBufferToBuffer(this.#source, 0, this.#target, 0, size);
    const ns = await this.#submit(commands);
    return { amount: copies * 2 * size, ns };
  }

  /** @returns nanoseconds by the host's clock */
  async #submit(commands: GPUCommandEncoder): Promise<number> {
    const startedAt = performance.now();
    this.#backend.device.queue.submit([commands.finish()]);
    await this.#backend.flush();
    return (performance.now() - startedAt) * 1e6;
  }

  async #fill(): Promise<void> {
    await this.#backend.flush();
    if (this.#isFilled) return;
    this.#isFilled = true;
    await this.#run(FILL, 1, 0);
  }

  #calculate(code: string, amount: number): Promise<MeasuredWork> {
    const iterations = Math.max(1, Math.round(amount / FLOPS_OF_ITERATION));
    const dispatches = Math.ceil(iterations / MOST_ITERATIONS);
    const each = Math.ceil(iterations / dispatches);
    return this.#run(code, dispatches, each * FLOPS_OF_ITERATION, { iterations: each });
  }

  /** @param amount of one dispatch. @param calculation absent: the whole buffer is gone through */
  async #run(
    code: string,
    dispatches: number,
    amount: number,
    calculation?: { readonly iterations: number },
  ): Promise<MeasuredWork> {
    await this.#fill();
    const invocations = this.#vectors / VECTORS_EACH;
    const groups = calculation ? GROUPS : this.#groupsOf(invocations / LIMIT_GROUP);
    const params = new ArrayBuffer(16);
    new Uint32Array(params).set([calculation?.iterations ?? this.#vectors, groups * LIMIT_GROUP]);
    new Float32Array(params, 8).set([1, 2 ** -30]); // no number runs out of range
    const { device } = this.#backend;
    device.queue.writeBuffer(this.#params, 0, params);
    const pipeline = await this.#pipeline(code);
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [this.#source, this.#target, this.#params].map((buffer, binding) => ({
        binding,
        resource: { buffer },
      })),
    });
    const hasClock = this.#backend.info.operatorTimes === "timestamps";
    const clock = hasClock ? new PassClock(device, 1) : null;
    try {
      const commands = device.createCommandEncoder();
      const pass = commands.beginComputePass(clock?.pass(0));
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(groups);
      pass.end();
      clock?.stop(commands);
      const byHost = await this.#submit(commands);
      const byDevice = clock === null ? 0 : await this.#backend.passNs(clock);
      return { amount: dispatches * amount, ns: byDevice > 0 ? byDevice : byHost };
    } finally {
      clock?.destroy();
    }
  }

  #groupsOf(wanted: number): number {
    return Math.min(wanted, this.#backend.device.limits.maxComputeWorkgroupsPerDimension);
  }

  async #pipeline(code: string): Promise<GPUComputePipeline> {
    const { device } = this.#backend;
    const known = this.#pipelines.get(code);
    if (known !== undefined) return known;
    const layout = device.createPipelineLayout({ bindGroupLayouts: [this.#layout()] });
    const module = device.createShaderModule({ label: "limits", code });
    const pipeline = await device.createComputePipelineAsync({
      ...{ label: "limits", layout, compute: { module, entryPoint: "main" } },
    });
    this.#pipelines.set(code, pipeline);
    return pipeline;
  }

  #layout(): GPUBindGroupLayout {
    const types: GPUBufferBindingType[] = ["storage", "storage", "uniform"];
    return this.#backend.device.createBindGroupLayout({
      label: "limits",
      entries: types.map((type, binding) => ({
        ...{ binding, visibility: SHADER_STAGE_COMPUTE },
        buffer: { type },
      })),
    });
  }
}
