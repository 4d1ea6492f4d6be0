import { BackendError } from "../../errors.ts";
import type { Step } from "../backend.ts";
import { checkOperator, checkStep, type OperatorLimits } from "../checkOperator.ts";
import type { Operator } from "../operators.ts";
import { BUFFER_USAGE } from "./gpuConstants.ts";
import type { Kernel } from "./kernel.ts";
import { compile } from "./operators/compile.ts";
import type { Pipelines } from "./pipelines.ts";
import { type Shader, shader } from "./shader.ts";
import { own, type WebGpuTensor } from "./tensor.ts";
import { grid } from "./wgsl/entry.ts";

interface PreparedKernel {
  readonly kernel: Kernel;
  readonly shader: Shader;
  readonly bindGroup: GPUBindGroup;
  pipeline: GPUComputePipeline | null;
}

/** An operator with everything that survives from one execution to the next: shaders, pipelines and bind groups. */
export class PreparedOperator {
  readonly #kind: string;
  readonly #kernels: readonly PreparedKernel[];
  readonly #tensors: readonly WebGpuTensor[];
  readonly #limits: OperatorLimits;

  constructor(op: Operator, device: GPUDevice, pipelines: Pipelines, stepBuffer: GPUBuffer) {
    this.#kind = op.kind;
    this.#limits = checkOperator(op);
    this.#kernels = compile(op).map((kernel) => {
      const made = shader(kernel);
      checkBindings(made, device.limits.maxStorageBuffersPerShaderStage);
      const buffers = [...made.buffers, stepBuffer, paramsBuffer(device, made.params)];
      return {
        kernel,
        shader: made,
        bindGroup: device.createBindGroup({
          label: kernel.label,
          layout: pipelines.groupLayout(made.signature),
          entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
        }),
        pipeline: null,
      };
    });
    this.#tensors = [...new Set(this.#kernels.flatMap((k) => k.shader.tensors.map(own)))];
  }

  /** @throws BackendError ERR_FREED; ShapeError ERR_STEP if the step does not fit the tensors */
  check(step: Step): void {
    for (const tensor of this.#tensors) if (tensor.freed) own(tensor);
    checkStep(this.#kind, this.#limits, step);
  }

  /** Compiles what is not compiled yet, in parallel. */
  async warm(pipelines: Pipelines): Promise<void> {
    await Promise.all(this.#kernels.map((k) => pipelines.warm(k.shader, k.kernel.label)));
  }

  /** Records the operator's dispatches and returns their number. */
  encode(pass: GPUComputePassEncoder, step: Step, pipelines: Pipelines): number {
    let dispatches = 0;
    for (const prepared of this.#kernels) {
      const count = prepared.kernel.workgroups(step);
      if (count === 0) continue;
      prepared.pipeline ??= pipelines.get(prepared.shader, prepared.kernel.label);
      pass.setPipeline(prepared.pipeline);
      pass.setBindGroup(0, prepared.bindGroup);
      const [x, y] = grid(count);
      pass.dispatchWorkgroups(x, y);
      dispatches += 1;
    }
    return dispatches;
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
