import { dot } from "../../../tensor/dot.ts";
import type { Step } from "../../deviceTensor.ts";
import type { ProjectHeads } from "../../operators.ts";
import { floats } from "../referenceTensor.ts";

export function projectHeads(op: ProjectHeads, step: Step): void {
  const [z, weight, out] = [floats(op.z), floats(op.outputWeight), floats(op.out)];
  const [, nHeads = 0, dValue = 0] = op.z.shape;
  const dModel = op.outputWeight.shape[0] ?? 0;
  for (let t = 0; t < step.nTokens; t++)
    for (let h = 0; h < nHeads; h++)
      for (let m = 0; m < dModel; m++) {
        const column = (m * nHeads + h) * dValue;
        const head = (t * nHeads + h) * dValue;
        out[(t * nHeads + h) * dModel + m] = dot(weight, column, z, head, dValue);
      }
}
