import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { Clamp } from "../../operators.ts";
import { at } from "../math.ts";
import { floats } from "../referenceTensor.ts";

export function clamp(op: Clamp, step: Step): void {
  const [x, out] = [floats(op.x), floats(op.out)];
  const count = step.nTokens * rowSize(op.out);
  for (let i = 0; i < count; i++) out[i] = Math.min(Math.max(at(x, i), -op.limit), op.limit);
}
