import { BackendError } from "../../base/errors.ts";
import type { Step } from "../deviceTensor.ts";
import type { PlacedKernel } from "./kernel.ts";
import type { KernelForm } from "./kernelForms.ts";
import type { PreparedOn } from "./preparedOn.ts";
import { boundBuffers, type Shader, shader } from "./shader.ts";
import { own } from "./tensor.ts";
import { grid } from "./wgsl/entry.ts";

/**
 * A kernel with everything that survives from one execution to the next: its shader, its pipeline and its bind group. They
 * are made when a step first has work for it.
 */
export class PreparedKernel {
  readonly #kernel: PlacedKernel;
  readonly #on: PreparedOn;
  readonly #form: KernelForm;
  readonly #buffers: readonly GPUBuffer[];
  #ready: { readonly pipeline: GPUComputePipeline; readonly bindGroup: GPUBindGroup } | null = null;

  /**
   * @param form of this kernel and of all that differ from it in their buffers alone
   * @throws BackendError ERR_TENSOR_TOO_LARGE
   */
  constructor(kernel: PlacedKernel, form: KernelForm, on: PreparedOn) {
    this.#kernel = kernel;
    this.#form = form;
    this.#on = on;
    this.#buffers = boundBuffers(kernel);
    checkBindings(kernel, this.#buffers.length, on.mostBuffers);
  }

  /** Begins to compile without blocking, unless it is compiled or the step leaves it out. */
  compile(step: Step): readonly Promise<void>[] {
    if (this.#ready !== null || this.#kernel.workgroups(step) === 0) return [];
    const written = this.#written();
    const { pipelines } = this.#on;
    return pipelines.has(written) ? [] : [pipelines.warm(written, this.#kernel.label)];
  }

  /** Records the dispatch; returns 1, or 0 where the step leaves the kernel out. */
  encode(pass: GPUComputePassEncoder, step: Step): number {
    const count = this.#kernel.workgroups(step);
    if (count === 0) return 0;
    this.#ready ??= this.#make();
    pass.setPipeline(this.#ready.pipeline);
    pass.setBindGroup(0, this.#ready.bindGroup);
    const [x, y] = grid(count);
    pass.dispatchWorkgroups(x, y);
    return 1;
  }

  #written(): Shader {
    this.#form.shader ??= shader(this.#kernel);
    return this.#form.shader;
  }

  #make() {
    const { device, pipelines, stepBuffer, params } = this.#on;
    const { label } = this.#kernel;
    const written = this.#written();
    this.#form.params ??= params.place(written.params);
    const resources = [
      ...this.#buffers.map((buffer) => ({ buffer })),
      { buffer: stepBuffer },
      this.#form.params,
    ];
    return {
      pipeline: pipelines.get(written, label),
      bindGroup: device.createBindGroup({
        label,
        layout: pipelines.groupLayout(written.signature),
        entries: resources.map((resource, binding) => ({ binding, resource })),
      }),
    };
  }
}

/** @throws BackendError ERR_TENSOR_TOO_LARGE where matrices lie in more buffers than a shader may see */
function checkBindings({ bindings }: PlacedKernel, count: number, most: number): void {
  if (count <= most) return;
  const tensors = bindings.map(({ tensor }) => own(tensor));
  const [largest] = tensors.sort((a, b) => b.parts.length - a.parts.length);
  throw new BackendError(
    "ERR_TENSOR_TOO_LARGE",
    `webgpu: expected at most ${most} buffers for one shader on this device, got ${count}, of which ${largest?.parts.length} for ${largest?.label} (${largest?.shape.join(", ")}) ${largest?.dtype}. Use backend "cpu" or a device with larger limits.`,
  );
}
