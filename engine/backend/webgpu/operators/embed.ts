import { elementCount, rowSize } from "../../checkOperator.ts";
import type { Embed } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";

/** out[t] = table[ids[t]]; an id past the table reads its last row. */
export function compileEmbed(op: Embed): readonly Kernel[] {
  const width = rowSize(op.table);
  const last = elementCount(op.table) / width - 1;
  return [
    {
      label: `embed ${width}`,
      bindings: [reads("ids", op.ids), reads("table", op.table), writes("out", op.out)],
      params: { width, last },
      body: elementwise(
        `step.nTokens * params.width`,
        `  let row = min(u32(ids(i / params.width)), params.last);
  out[i] = table(row * params.width + i % params.width);`,
      ),
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * width),
    },
  ];
}
