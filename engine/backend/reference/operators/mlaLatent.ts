import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { MlaLatent } from "../../operators.ts";
import { floats } from "../referenceTensor.ts";
import { normalizeRow } from "./rmsNorm.ts";
import { rotateRow } from "./rope.ts";

export function mlaLatent(op: MlaLatent, step: Step): void {
  const [x, weight, out] = [floats(op.x), floats(op.weight), floats(op.out)];
  const [cos, sin] = [floats(op.cos), floats(op.sin)];
  const dLatent = weight.length;
  const width = rowSize(op.x);
  for (let t = 0; t < step.nTokens; t++) {
    const start = t * width;
    const rotary = start + dLatent;
    out.set(x.subarray(rotary, start + width), rotary);
    normalizeRow(x, start, weight, op.eps, out, start);
    rotateRow(op.layout, out, rotary, width - dLatent, cos, sin, step.start + t);
  }
}
