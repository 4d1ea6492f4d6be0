import { rowSize } from "../../checkOperator.ts";
import type { AddPosition } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";

/** out[t] = x[t] + table[start + t + shift]. */
export function compileAddPosition(op: AddPosition): readonly Kernel[] {
  const width = rowSize(op.out);
  return [
    {
      label: `addPosition ${width}`,
      bindings: [reads("x", op.x), reads("table", op.table), writes("out", op.out)],
      params: { width, shift: op.shift },
      body: () =>
        elementwise(
          `step.nTokens * params.width`,
          `  out[i] = x(i) + table((step.start + params.shift) * params.width + i);`,
        ),
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * width),
    },
  ];
}
