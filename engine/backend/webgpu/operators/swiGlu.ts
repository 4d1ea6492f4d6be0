import { rowSize } from "../../checkOperator.ts";
import type { SwiGlu } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";
import { EXP, SILU } from "../wgsl/math.ts";

/** out = silu(gate) * up. */
export function compileSwiGlu(op: SwiGlu): readonly Kernel[] {
  const width = rowSize(op.out);
  return [
    {
      label: `swiGlu ${width}`,
      bindings: [reads("gate", op.gate), reads("up", op.up), writes("out", op.out)],
      params: { width },
      body: () => `${EXP}${SILU}
${elementwise(`step.nTokens * params.width`, "  out[i] = silu(gate(i)) * up(i);")}`,
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * width),
    },
  ];
}
