import { dot } from "../../../tensor/dot.ts";
import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { MlaAbsorbQuery } from "../../operators.ts";
import { floats } from "../referenceTensor.ts";

export function mlaAbsorbQuery(op: MlaAbsorbQuery, step: Step): void {
  const [q, keyWeight, out] = [floats(op.q), floats(op.keyWeight), floats(op.out)];
  const [nHeads = 0, dLatent = 0, dNope = 0] = op.keyWeight.shape;
  const dQuery = rowSize(op.q) / nHeads;
  const dOut = rowSize(op.out) / nHeads;
  for (let t = 0; t < step.nTokens; t++)
    for (let h = 0; h < nHeads; h++) {
      const from = (t * nHeads + h) * dQuery;
      const to = (t * nHeads + h) * dOut;
      for (let c = 0; c < dLatent; c++)
        out[to + c] = dot(keyWeight, (h * dLatent + c) * dNope, q, from, dNope);
      out.set(q.subarray(from + dNope, from + dQuery), to + dLatent);
    }
}
