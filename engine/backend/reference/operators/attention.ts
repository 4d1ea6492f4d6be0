import type { Step } from "../../backend.ts";
import type { Attention } from "../../operators.ts";
import { at, dot } from "../math.ts";
import { floats } from "../referenceTensor.ts";

/** Softmax attention as arXiv:1706.03762 eq. 1 writes it: all scores of a query, then their softmax, then the sum. */
export function attention(op: Attention, step: Step): void {
  const [q, k, out, lse] = [floats(op.q), floats(op.k), floats(op.out), floats(op.lse)];
  const v = op.v ? floats(op.v) : k;
  const valueStride = op.v ? op.dValue : op.dKey;
  const { nHeads, nKvHeads, dKey, dValue } = op;
  for (let t = 0; t < step.nTokens; t++) {
    const position = step.start + t;
    const first = firstKey(position, op.window);
    for (let h = 0; h < nHeads; h++) {
      const kvHead = Math.floor(h / (nHeads / nKvHeads));
      const query = (t * nHeads + h) * dKey;
      const scores: number[] = [];
      for (let s = first; s <= position; s++)
        scores.push(op.scale * dot(q, query, k, (s * nKvHeads + kvHead) * dKey, dKey));
      const max = scores.reduce((a, b) => Math.max(a, b));
      const sum = scores.reduce((a, score) => a + Math.exp(score - max), 0);
      lse[t * nHeads + h] = max + Math.log(sum);
      const z = (t * nHeads + h) * dValue;
      out.fill(0, z, z + dValue);
      scores.forEach((score, i) => {
        const pattern = Math.exp(score - max) / sum;
        const value = ((first + i) * nKvHeads + kvHead) * valueStride;
        for (let d = 0; d < dValue; d++) out[z + d] = at(out, z + d) + pattern * at(v, value + d);
      });
    }
  }
}

/** The first key that a query at this position sees. */
export function firstKey(position: number, window: number | null): number {
  return window === null ? 0 : Math.max(0, position - window + 1);
}
