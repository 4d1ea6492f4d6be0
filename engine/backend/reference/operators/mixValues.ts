import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { MixValues } from "../../operators.ts";
import { at } from "../math.ts";
import { floats } from "../referenceTensor.ts";

export function mixValues(op: MixValues, step: Step): void {
  const [pattern, before, values] = [floats(op.pattern), floats(op.before), floats(op.values)];
  const [z, out] = [floats(op.z), floats(op.out)];
  const { nHeads, nKvHeads, dValue } = op;
  const width = op.pattern.shape[2] ?? 0;
  const perHead = rowSize(op.values) / nKvHeads;
  for (let row = 0; row < step.nTokens * nHeads; row++) {
    const nKeys = step.start + Math.floor(row / nHeads) + 1;
    const [first, to] = [row * width, row * dValue];
    const weights = pattern.subarray(first, first + nKeys);
    const kvHead = Math.floor((row % nHeads) / (nHeads / nKvHeads));
    if (weights.every((weight, s) => Object.is(weight, at(before, first + s)))) {
      out.set(z.subarray(to, to + dValue), to);
      continue;
    }
    for (let d = 0; d < dValue; d++)
      out[to + d] = weights.reduce(
        (sum, weight, s) => sum + weight * at(values, (s * nKvHeads + kvHead) * perHead + d),
        0,
      );
  }
}
