import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { AddPosition } from "../../operators.ts";
import { at } from "../math.ts";
import { floats } from "../referenceTensor.ts";

export function addPosition(op: AddPosition, step: Step): void {
  const [x, table, out] = [floats(op.x), floats(op.table), floats(op.out)];
  const width = rowSize(op.out);
  for (let i = 0; i < step.nTokens * width; i++)
    out[i] = at(x, i) + at(table, (step.start + op.shift) * width + i);
}
