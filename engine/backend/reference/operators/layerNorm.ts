import type { Step } from "../../deviceTensor.ts";
import type { LayerNorm } from "../../operators.ts";
import { at } from "../math.ts";
import { floats } from "../referenceTensor.ts";

/** @see arXiv:1607.06450 eq. 3 */
export function layerNorm(op: LayerNorm, step: Step): void {
  const [x, weight, bias, out] = [floats(op.x), floats(op.weight), floats(op.bias), floats(op.out)];
  const n = weight.length;
  const nRows = op.rows === "one" ? 1 : step.nTokens;
  for (let t = 0; t < nRows; t++) {
    const row = x.subarray(t * n, (t + 1) * n);
    const mean = row.reduce((a, b) => a + b, 0) / n;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / n;
    const factor = 1 / Math.sqrt(variance + op.eps);
    row.forEach((value, i) => {
      out[t * n + i] = (value - mean) * factor * at(weight, i) + at(bias, i);
    });
  }
}
