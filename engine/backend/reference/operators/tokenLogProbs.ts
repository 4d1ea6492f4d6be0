import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { TokenLogProbs } from "../../operators.ts";
import { at } from "../math.ts";
import { floats, ints } from "../referenceTensor.ts";

export function tokenLogProbs(op: TokenLogProbs, step: Step): void {
  const [logits, ids, out] = [floats(op.logits), ints(op.ids), floats(op.out)];
  const nVocab = rowSize(op.logits);
  for (let t = 0; t < step.nTokens; t++) {
    const row = logits.subarray(t * nVocab, (t + 1) * nVocab);
    const id = at(ids, t);
    out[t] = id >= 0 && id < nVocab ? logProbability(row, id) : 0;
  }
}

/** ln softmax(logits)[id]. */
function logProbability(logits: Float64Array, id: number): number {
  let max = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > max) max = logit;
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - max);
  return at(logits, id) - max - Math.log(total);
}
