import { rowSize } from "../../checkOperator.ts";
import type { Gelu } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";
import { EXP } from "../wgsl/math.ts";

/** Twice sqrt(2/pi): x/2 (1 + tanh(u)) is x sigmoid(2 u). */
const TWICE = 2 * Math.sqrt(2 / Math.PI);

/** out = GELU(x), approximated by tanh. */
export function compileGelu(op: Gelu): readonly Kernel[] {
  const width = rowSize(op.out);
  return [
    {
      label: `gelu ${width}`,
      bindings: [reads("x", op.x), writes("out", op.out)],
      params: { width },
      body: () => `${EXP}
${elementwise(
  `step.nTokens * params.width`,
  `  let v = x(i);
  out[i] = v / (1.0 + expF32(-${TWICE} * (v + 0.044715 * v * v * v)));`,
)}`,
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * width),
    },
  ];
}
