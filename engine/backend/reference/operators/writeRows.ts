import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { WriteRows } from "../../operators.ts";
import { floats } from "../referenceTensor.ts";

export function writeRows(op: WriteRows, step: Step): void {
  const width = rowSize(op.cache);
  floats(op.cache).set(floats(op.x).subarray(0, step.nTokens * width), step.start * width);
}
