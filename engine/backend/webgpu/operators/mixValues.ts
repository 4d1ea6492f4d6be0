import { rowSize } from "../../checkOperator.ts";
import type { MixValues } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { workgroupTree } from "../wgsl/tree.ts";

const SIZE = 64;

/** One workgroup per query and head, which first looks whether the pattern was edited. */
export function compileMixValues(op: MixValues): readonly Kernel[] {
  return [
    {
      label: `mixValues ${op.nHeads}/${op.nKvHeads} ${op.dValue}`,
      bindings: [
        reads("pattern", op.pattern),
        reads("before", op.before),
        reads("z", op.z),
        reads("values", op.values),
        writes("result", op.out, "u32"),
      ],
      params: {
        nHeads: op.nHeads,
        nKvHeads: op.nKvHeads,
        perKvHead: op.nHeads / op.nKvHeads,
        dRow: rowSize(op.values) / op.nKvHeads,
        dValue: op.dValue,
        width: op.pattern.shape[2] ?? 0,
      },
      body: () => `var<workgroup> differing: array<u32, ${SIZE}>;
${entry(
  SIZE,
  `  if (wg >= step.nTokens * params.nHeads) { return; }
  let visible = step.start + wg / params.nHeads + 1u;
  let kvHead = wg % params.nHeads / params.perKvHead;
  let row = wg * params.width;
  var differs = 0u;
  for (var s = lid; s < visible; s += ${SIZE}u) {
    differs |= bitcast<u32>(pattern(row + s)) ^ bitcast<u32>(before(row + s));
  }
  differing[lid] = differs;
${workgroupTree("differing", SIZE, (a, b) => `${a} | ${b}`)}
  for (var d = lid; d < params.dValue; d += ${SIZE}u) {
    let at = wg * params.dValue + d;
    if (differing[0] == 0u) { result[at] = bitcast<u32>(z(at)); continue; }
    var sum = 0.0;
    for (var s = 0u; s < visible; s++) {
      sum = fma(pattern(row + s), values((s * params.nKvHeads + kvHead) * params.dRow + d), sum);
    }
    result[at] = bitcast<u32>(sum);
  }`,
)}`,
      workgroups: (step) => step.nTokens * op.nHeads,
    },
  ];
}
