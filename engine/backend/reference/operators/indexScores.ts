import { dot } from "../../../tensor/dot.ts";
import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { IndexScores } from "../../operators.ts";
import { at } from "../math.ts";
import { floats } from "../referenceTensor.ts";

/** @see arXiv:2512.02556 eq. 1 */
export function indexScores(op: IndexScores, step: Step): void {
  const [q, k, weights, out] = [floats(op.q), floats(op.k), floats(op.weights), floats(op.out)];
  const [, nHeads = 0, dHead = 0] = op.q.shape;
  const width = rowSize(op.out);
  for (let t = 0; t < step.nTokens; t++) {
    const position = step.start + t;
    out.fill(Number.NEGATIVE_INFINITY, t * width, (t + 1) * width);
    for (let s = 0; s <= position; s++) {
      let sum = 0;
      for (let n = 0; n < nHeads; n++) {
        const match = dot(q, (t * nHeads + n) * dHead, k, s * dHead, dHead);
        sum += at(weights, t * nHeads + n) * Math.max(match, 0);
      }
      out[t * width + s] = sum * op.scale;
    }
  }
}
