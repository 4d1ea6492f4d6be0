import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { Gelu } from "../../operators.ts";
import { at } from "../math.ts";
import { floats } from "../referenceTensor.ts";

/** @see arXiv:1606.08415 section 2, the approximation by tanh */
export function gelu(op: Gelu, step: Step): void {
  const [x, out] = [floats(op.x), floats(op.out)];
  const count = step.nTokens * rowSize(op.out);
  for (let i = 0; i < count; i++) {
    const v = at(x, i);
    out[i] = (v / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
  }
}
