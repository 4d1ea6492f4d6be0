import type { Step } from "../backend.ts";
import { checkOperator, checkStep, type OperatorLimits } from "../checkOperator.ts";
import type { Operator } from "../operators.ts";
import { compile } from "./operators/compile.ts";
import type { Pipelines } from "./pipelines.ts";
import { PreparedKernel } from "./preparedKernel.ts";
import { own, type WebGpuTensor } from "./tensor.ts";

/** An operator with everything that survives from one execution to the next: shaders, pipelines and bind groups. */
export class PreparedOperator {
  readonly #kind: string;
  readonly #kernels: readonly PreparedKernel[];
  readonly #tensors: readonly WebGpuTensor[];
  readonly #limits: OperatorLimits;

  constructor(op: Operator, device: GPUDevice, pipelines: Pipelines, stepBuffer: GPUBuffer) {
    this.#kind = op.kind;
    this.#limits = checkOperator(op);
    this.#kernels = compile(op).map(
      (kernel) => new PreparedKernel(kernel, device, pipelines, stepBuffer),
    );
    this.#tensors = [...new Set(this.#kernels.flatMap((kernel) => kernel.tensors))];
  }

  /** @throws BackendError ERR_FREED; ShapeError ERR_STEP if the step does not fit the tensors */
  check(step: Step): void {
    for (const tensor of this.#tensors) if (tensor.freed) own(tensor);
    checkStep(this.#kind, this.#limits, step);
  }

  /** Compiles what is not compiled yet, in parallel. */
  async warm(pipelines: Pipelines): Promise<void> {
    await Promise.all(this.#kernels.map((kernel) => kernel.warm(pipelines)));
  }

  /** Records the operator's dispatches and returns their number. */
  encode(pass: GPUComputePassEncoder, step: Step, pipelines: Pipelines): number {
    let dispatches = 0;
    for (const kernel of this.#kernels) dispatches += kernel.encode(pass, step, pipelines);
    return dispatches;
  }
}
