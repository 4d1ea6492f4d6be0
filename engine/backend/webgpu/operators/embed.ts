import { elementCount, rowSize } from "../../checkOperator.ts";
import type { Embed } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";
import { NAN_BITS } from "../wgsl/math.ts";

/** out[t] = table[ids[t]]; NaN for an id that the table does not have, which the host cannot know of. */
export function compileEmbed(op: Embed): readonly Kernel[] {
  const width = rowSize(op.table);
  const last = elementCount(op.table) / width - 1;
  return [
    {
      label: `embed ${width}`,
      bindings: [reads("ids", op.ids), reads("table", op.table), writes("out", op.out)],
      params: { width, last, nan: NAN_BITS },
      body: () =>
        elementwise(
          `step.nTokens * params.width`,
          `  let row = u32(ids(i / params.width));
  let value = table(min(row, params.last) * params.width + i % params.width);
  out[i] = select(value, bitcast<f32>(params.nan), row > params.last);`,
        ),
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * width),
    },
  ];
}
