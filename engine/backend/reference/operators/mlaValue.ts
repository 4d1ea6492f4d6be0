import { dot } from "../../../tensor/dot.ts";
import type { Step } from "../../deviceTensor.ts";
import type { MlaValue } from "../../operators.ts";
import { floats } from "../referenceTensor.ts";

export function mlaValue(op: MlaValue, step: Step): void {
  const [u, weight, out] = [floats(op.u), floats(op.valueWeight), floats(op.out)];
  const [nHeads = 0, dValue = 0, dLatent = 0] = op.valueWeight.shape;
  for (let t = 0; t < step.nTokens; t++)
    for (let h = 0; h < nHeads; h++)
      for (let j = 0; j < dValue; j++) {
        const latent = (t * nHeads + h) * dLatent;
        const row = (h * dValue + j) * dLatent;
        out[(t * nHeads + h) * dValue + j] = dot(weight, row, u, latent, dLatent);
      }
}
