import { rowSize } from "../../checkOperator.ts";
import type { LastRow } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";

/** out[0] = x[T-1]. */
export function compileLastRow(op: LastRow): readonly Kernel[] {
  const width = rowSize(op.out);
  return [
    {
      label: `lastRow ${width}`,
      bindings: [reads("x", op.x), writes("out", op.out)],
      params: { width },
      body: () =>
        elementwise(`params.width`, `  out[i] = x((step.nTokens - 1u) * params.width + i);`),
      workgroups: () => elementwiseWorkgroups(width),
    },
  ];
}
