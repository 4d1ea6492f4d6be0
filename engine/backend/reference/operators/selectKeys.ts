import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { SelectKeys } from "../../operators.ts";
import { largest } from "../math.ts";
import { floats, ints } from "../referenceTensor.ts";

export function selectKeys(op: SelectKeys, step: Step): void {
  const [scores, indices] = [floats(op.scores), ints(op.indices)];
  const width = rowSize(op.scores);
  for (let t = 0; t < step.nTokens; t++) {
    const visible = scores.subarray(t * width, t * width + step.start + t + 1);
    const chosen = largest(visible, op.k).sort((a, b) => a - b);
    indices.fill(-1, t * op.k, (t + 1) * op.k);
    indices.set(chosen, t * op.k);
  }
}
