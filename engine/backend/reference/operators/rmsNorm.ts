import { dot } from "../../../tensor/dot.ts";
import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { RmsNorm } from "../../operators.ts";
import { at } from "../math.ts";
import { floats } from "../referenceTensor.ts";

export function rmsNorm(op: RmsNorm, step: Step): void {
  const [x, weight, out] = [floats(op.x), floats(op.weight), floats(op.out)];
  const n = weight.length;
  const nRows = ((op.rows === "one" ? 1 : step.nTokens) * rowSize(op.x)) / n;
  for (let t = 0; t < nRows; t++) normalizeRow(x, t * n, weight, op.eps, out, t * n);
}

/** out[o..] = x[i..] (mean(x^2) + eps)^-1/2 weight, over as many elements as the weight has. */
export function normalizeRow(
  x: Float64Array,
  xStart: number,
  weight: Float64Array,
  eps: number,
  out: Float64Array,
  outStart: number,
): void {
  const n = weight.length;
  const factor = 1 / Math.sqrt(dot(x, xStart, x, xStart, n) / n + eps);
  for (let i = 0; i < n; i++) out[outStart + i] = at(x, xStart + i) * factor * at(weight, i);
}
