import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { Matmul } from "../../operators.ts";
import { at, dots } from "../math.ts";
import { floats } from "../referenceTensor.ts";

export function matmul(op: Matmul, step: Step): void {
  const [x, weight, out] = [floats(op.x), floats(op.weight), floats(op.out)];
  const bias = op.bias && floats(op.bias);
  const residual = op.residual && floats(op.residual);
  const n = op.weight.shape[0] ?? 0;
  const k = rowSize(op.weight);
  const nRows = op.rows === "one" ? 1 : step.nTokens;
  for (let t = 0; t < nRows; t++) {
    dots(weight, 0, n, x, t * k, k, out, t * n);
    if (!bias && !residual) continue;
    for (let j = 0; j < n; j++) {
      let y = at(out, t * n + j);
      if (bias) y += at(bias, j);
      if (residual) y += at(residual, t * n + j);
      out[t * n + j] = y;
    }
  }
}
