import { BackendError } from "../../base/errors.ts";
import type { Step } from "../deviceTensor.ts";
import { BUFFER_USAGE } from "./gpuConstants.ts";
import type { PlacedKernel } from "./kernel.ts";
import type { Pipelines } from "./pipelines.ts";
import { type Shader, shader } from "./shader.ts";
import { own } from "./tensor.ts";
import { grid } from "./wgsl/entry.ts";

/** A kernel with everything that survives from one execution to the next: its shader, its pipeline and its bind group. */
export class PreparedKernel {
  readonly #kernel: PlacedKernel;
  readonly #shader: Shader;
  readonly #bindGroup: GPUBindGroup;
  #pipeline: GPUComputePipeline | null = null;

  constructor(
    kernel: PlacedKernel,
    device: GPUDevice,
    pipelines: Pipelines,
    stepBuffer: GPUBuffer,
  ) {
    const made = shader(kernel);
    checkBindings(made, device.limits.maxStorageBuffersPerShaderStage);
    const buffers = [...made.buffers, stepBuffer, paramsBuffer(device, made.params)];
    this.#kernel = kernel;
    this.#shader = made;
    this.#bindGroup = device.createBindGroup({
      label: kernel.label,
      layout: pipelines.groupLayout(made.signature),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  }

  /** Compiles without blocking. */
  async warm(pipelines: Pipelines): Promise<void> {
    await pipelines.warm(this.#shader, this.#kernel.label);
  }

  /** Records the dispatch; returns 1, or 0 where the step leaves the kernel out. */
  encode(pass: GPUComputePassEncoder, step: Step, pipelines: Pipelines): number {
    const count = this.#kernel.workgroups(step);
    if (count === 0) return 0;
    this.#pipeline ??= pipelines.get(this.#shader, this.#kernel.label);
    pass.setPipeline(this.#pipeline);
    pass.setBindGroup(0, this.#bindGroup);
    const [x, y] = grid(count);
    pass.dispatchWorkgroups(x, y);
    return 1;
  }
}

/** @throws BackendError ERR_TENSOR_TOO_LARGE where matrices lie in more buffers than a shader may see */
function checkBindings({ buffers, tensors }: Shader, most: number): void {
  if (buffers.length <= most) return;
  const [largest] = tensors.map(own).sort((a, b) => b.parts.length - a.parts.length);
  throw new BackendError(
    "ERR_TENSOR_TOO_LARGE",
    `webgpu: expected at most ${most} buffers for one shader on this device, got ${buffers.length}, of which ${largest?.parts.length} for ${largest?.label} (${largest?.shape.join(", ")}) ${largest?.dtype}. Use backend "cpu" or a device with larger limits.`,
  );
}

/** Freed with the bind group that names it, by the garbage collector. */
function paramsBuffer(device: GPUDevice, params: Uint32Array): GPUBuffer {
  const buffer = device.createBuffer({
    label: "params",
    size: params.byteLength,
    usage: BUFFER_USAGE.uniform,
    mappedAtCreation: true,
  });
  new Uint32Array(buffer.getMappedRange()).set(params);
  buffer.unmap();
  return buffer;
}
