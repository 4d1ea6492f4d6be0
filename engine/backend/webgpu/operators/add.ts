import { rowSize } from "../../checkOperator.ts";
import type { Add } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";

/** out = a + b. */
export function compileAdd(op: Add): readonly Kernel[] {
  const width = rowSize(op.out);
  return [
    {
      label: `add ${width}`,
      bindings: [reads("a", op.a), reads("b", op.b), writes("out", op.out)],
      params: { width },
      body: () => elementwise(`step.nTokens * params.width`, "  out[i] = a(i) + b(i);"),
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * width),
    },
  ];
}
