import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { LastRow } from "../../operators.ts";
import { floats } from "../referenceTensor.ts";

export function lastRow(op: LastRow, step: Step): void {
  const n = rowSize(op.out);
  floats(op.out).set(floats(op.x).subarray((step.nTokens - 1) * n, step.nTokens * n));
}
