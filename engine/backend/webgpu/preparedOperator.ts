import { checkOwn } from "../checkCall.ts";
import {
  checkOperator,
  checkStep,
  type OperatorLimits,
  operatorTensors,
  rowSize,
  writtenTensors,
} from "../checkOperator.ts";
import type { DeviceTensor, Step } from "../deviceTensor.ts";
import { expertIndexError, rowMapError, tokenIdError } from "../indexErrors.ts";
import type { Operator } from "../operators.ts";
import { rowMaps } from "../operatorTable.ts";
import type { RowMap } from "../rowMaps.ts";
import { compile } from "./operators/compile.ts";
import { PreparedKernel } from "./preparedKernel.ts";
import type { PreparedOn } from "./preparedOn.ts";
import { own, WebGpuTensor } from "./tensor.ts";

/** What is recorded in one piece. */
export interface Recorded {
  /** Begins to compile what the step needs and is not compiled yet. */
  compile(step: Step): readonly Promise<void>[];
  /** Records its dispatches and returns their number. */
  encode(pass: GPUComputePassEncoder, step: Step): number;
}

/** An operator with everything that survives from one execution to the next: shaders, pipelines and bind groups. */
export class PreparedOperator implements Recorded {
  readonly #op: Operator;
  readonly #kernels: readonly PreparedKernel[];
  readonly #tensors: readonly WebGpuTensor[];
  /** The i32 tensors that it writes. */
  readonly #writtenInts: readonly WebGpuTensor[];
  readonly #limits: OperatorLimits;
  readonly #rowMaps: readonly RowMap[];

  /** @throws BackendError ERR_FOREIGN_TENSOR, ERR_TENSOR_FREED, ERR_TENSOR_TOO_LARGE; ShapeError ERR_SHAPE, ERR_DTYPE */
  constructor(op: Operator, on: PreparedOn) {
    this.#op = op;
    const checked = ([, tensor]: readonly [string, DeviceTensor]) =>
      checkOwn("webgpu", on.owner, WebGpuTensor, tensor);
    this.#tensors = operatorTensors(op).map(checked);
    this.#limits = checkOperator(op);
    this.#writtenInts = writtenTensors(op)
      .map(own)
      .filter(({ dtype }) => dtype === "i32");
    this.#rowMaps = rowMaps(op);
    const { tokenTensors } = this.#limits;
    const form = on.forms.of(op);
    this.#kernels = compile(op, on.target).map(
      (kernel, k) => new PreparedKernel({ ...kernel, tokenTensors }, form(k), on),
    );
  }

  /** The tensors with a token axis. */
  get tokenTensors(): OperatorLimits["tokenTensors"] {
    return this.#limits.tokenTensors;
  }

  /** @throws BackendError ERR_TENSOR_FREED; ShapeError ERR_STEP if the step does not fit the tensors */
  check(step: Step): void {
    for (const tensor of this.#tensors)
      if (tensor.freed) checkOwn("webgpu", tensor.owner, WebGpuTensor, tensor);
    checkStep(this.#op.kind, this.#limits, step);
  }

  /**
   * Checks the ids that the host wrote and no earlier operator of the program changes.
   * @param written the i32 tensors that earlier operators write; this one's are added
   * @throws ShapeError ERR_INDEX
   */
  checkIndices({ nTokens, row = 0 }: Step, written: Set<WebGpuTensor>): void {
    const op = this.#op;
    if (op.kind === "embed" || op.kind === "expertsUp" || op.kind === "expertsDown") {
      const indices = own(op.kind === "embed" ? op.ids : op.indices);
      const table = op.kind === "embed" ? op.table : op.kind === "expertsUp" ? op.gate : op.down;
      const [limit = 0] = table.shape;
      const width = rowSize(indices);
      if (indices.hostInts !== null && !written.has(indices)) {
        const least = op.kind === "embed" ? 0 : -1; // no expert
        const outside = indices.hostInts.outside(row * width, nTokens * width, least, limit);
        if (outside !== null)
          throw op.kind === "embed"
            ? tokenIdError(outside.value, outside.at, limit)
            : expertIndexError(op.kind, outside.value, outside.at, limit);
      }
    }
    for (const map of this.#rowMaps) {
      const rows = own(map.tensor);
      if (rows.hostInts === null || written.has(rows)) continue;
      const beyond = rows.hostInts.beyond(map.start(row), map.count(nTokens), map.nRows);
      if (beyond !== null) throw rowMapError(op.kind, map, beyond.value, beyond.at);
    }
    for (const tensor of this.#writtenInts) written.add(tensor);
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
