import { rowSize } from "../../checkOperator.ts";
import type { WriteRows } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";

/** cache[start + t] = x[t]. */
export function compileWriteRows(op: WriteRows): readonly Kernel[] {
  const width = rowSize(op.cache);
  return [
    {
      label: `writeRows ${width}`,
      bindings: [reads("x", op.x), writes("cache", op.cache)],
      params: { width },
      body: () =>
        elementwise(
          `step.nTokens * params.width`,
          `  cache[step.start * params.width + i] = x(i);`,
        ),
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * width),
    },
  ];
}
