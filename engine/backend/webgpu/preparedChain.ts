import type { Step } from "../deviceTensor.ts";
import type { Operator } from "../operators.ts";
import type { Chain } from "./operators/fuse.ts";
import { PreparedKernel } from "./preparedKernel.ts";
import type { PreparedOn } from "./preparedOn.ts";
import type { PreparedOperator, Recorded } from "./preparedOperator.ts";

/** Neighbours that are carried out together, with everything that survives from one execution to the next. */
export class PreparedChain implements Recorded {
  readonly operators: readonly Operator[];
  readonly #kernels: readonly PreparedKernel[];

  /** @param prepared its operators, which are checked one by one */
  constructor(chain: Chain, prepared: readonly PreparedOperator[], on: PreparedOn) {
    this.operators = chain.operators;
    const tokenTensors = new Set(prepared.flatMap((operator) => [...operator.tokenTensors]));
    const form = on.forms.of(...chain.operators);
    this.#kernels = chain
      .kernels()
      .map((kernel, k) => new PreparedKernel({ ...kernel, tokenTensors }, form(k), on));
  }

  compile(step: Step): readonly Promise<void>[] {
    return this.#kernels.flatMap((kernel) => kernel.compile(step));
  }

  encode(pass: GPUComputePassEncoder, step: Step): number {
    let dispatches = 0;
    for (const kernel of this.#kernels) dispatches += kernel.encode(pass, step);
    return dispatches;
  }
}
