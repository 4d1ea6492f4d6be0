import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { SwiGlu } from "../../operators.ts";
import { at, silu } from "../math.ts";
import { floats } from "../referenceTensor.ts";

/** @see arXiv:2002.05202 eq. 6 */
export function swiGlu(op: SwiGlu, step: Step): void {
  const [gate, up, out] = [floats(op.gate), floats(op.up), floats(op.out)];
  const count = step.nTokens * rowSize(op.out);
  for (let i = 0; i < count; i++) out[i] = silu(at(gate, i)) * at(up, i);
}
