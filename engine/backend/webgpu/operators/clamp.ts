import { rowSize } from "../../checkOperator.ts";
import type { Clamp } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";

/** out = x, but at least -limit and at most limit. */
export function compileClamp(op: Clamp): readonly Kernel[] {
  const width = rowSize(op.out);
  return [
    {
      label: `clamp ${width}`,
      bindings: [reads("x", op.x), writes("out", op.out)],
      params: { width },
      body: () =>
        elementwise(
          `step.nTokens * params.width`,
          `  out[i] = clamp(x(i), -${op.limit}, ${op.limit});`,
        ),
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * width),
    },
  ];
}
