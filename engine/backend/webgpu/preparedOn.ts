import type { KernelForms } from "./kernelForms.ts";
import type { CompileTarget } from "./operators/compileTarget.ts";
import type { ParamsStore } from "./paramsStore.ts";
import type { Pipelines } from "./pipelines.ts";

/** What a program's kernels are made with. */
export interface PreparedOn {
  /** The backend. */
  readonly owner: object;
  readonly device: GPUDevice;
  readonly pipelines: Pipelines;
  readonly forms: KernelForms;
  readonly params: ParamsStore;
  /** That one shader may see. */
  readonly mostBuffers: number;
  readonly stepBuffer: GPUBuffer;
  readonly target: CompileTarget;
}
