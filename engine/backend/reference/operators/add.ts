import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { Add } from "../../operators.ts";
import { at } from "../math.ts";
import { floats } from "../referenceTensor.ts";

export function add(op: Add, step: Step): void {
  const [a, b, out] = [floats(op.a), floats(op.b), floats(op.out)];
  const count = step.nTokens * rowSize(op.out);
  for (let i = 0; i < count; i++) out[i] = at(a, i) + at(b, i);
}
