import type { Step } from "../../deviceTensor.ts";
import type { Rope, RopeLayout } from "../../operators.ts";
import { at, ropePair } from "../math.ts";
import { floats } from "../referenceTensor.ts";

/** @see arXiv:2104.09864 eq. 34 */
export function rope(op: Rope, step: Step): void {
  const [x, cos, sin, out] = [floats(op.x), floats(op.cos), floats(op.sin), floats(op.out)];
  const [, nHeads = 0, dHead = 0] = op.x.shape;
  for (let t = 0; t < step.nTokens; t++)
    for (let h = 0; h < nHeads; h++) {
      const start = (t * nHeads + h) * dHead;
      out.set(x.subarray(start, start + dHead), start);
      rotateRow(op.layout, out, start + op.offset, op.dim, cos, sin, step.start + t);
    }
}

/** Rotates `dim` elements in place by the angles of one position. */
export function rotateRow(
  layout: RopeLayout,
  x: Float64Array,
  start: number,
  dim: number,
  cos: Float64Array,
  sin: Float64Array,
  position: number,
): void {
  for (let j = 0; j < dim / 2; j++) {
    const [laneA, laneB] = ropePair(layout, dim, j);
    const a = at(x, start + laneA);
    const b = at(x, start + laneB);
    const c = at(cos, position * (dim / 2) + j);
    const s = at(sin, position * (dim / 2) + j);
    x[start + laneA] = a * c - b * s;
    x[start + laneB] = b * c + a * s;
  }
}
