import type { Step } from "../../deviceTensor.ts";
import type { Softmax } from "../../operators.ts";
import { at } from "../math.ts";
import { floats } from "../referenceTensor.ts";

export function softmax(op: Softmax, step: Step): void {
  const [x, out, lse] = [floats(op.x), floats(op.out), floats(op.lse)];
  const [before, pattern, norms] = [floats(op.before), floats(op.pattern), floats(op.norms)];
  const sinks = op.sinks && floats(op.sinks);
  const [, nHeads = 0, width = 0] = op.x.shape;
  for (let row = 0; row < step.nTokens * nHeads; row++) {
    const nKeys = step.start + Math.floor(row / nHeads) + 1;
    const scores = x.subarray(row * width, row * width + nKeys);
    if (scores.every((score, s) => Object.is(score, at(before, row * width + s)))) {
      out.fill(0, row * width, (row + 1) * width);
      out.set(pattern.subarray(row * width, row * width + nKeys), row * width);
      lse[row] = at(norms, row);
      continue;
    }
    const sink = sinks ? at(sinks, row % nHeads) : Number.NEGATIVE_INFINITY;
    const max = scores.reduce((a, b) => Math.max(a, b), sink);
    const seen = max !== Number.NEGATIVE_INFINITY;
    const sum = scores.reduce((a, b) => a + Math.exp(b - max), Math.exp(sink - max));
    lse[row] = seen ? max + Math.log(sum) : max;
    out.fill(0, row * width, (row + 1) * width);
    if (seen)
      out.set(
        scores.map((score) => Math.exp(score - max) / sum),
        row * width,
      );
  }
}
