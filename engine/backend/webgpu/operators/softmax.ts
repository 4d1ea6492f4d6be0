import type { Softmax } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { EXP, LOWEST, NEGATIVE_INFINITY_BITS } from "../wgsl/math.ts";
import { maximum, workgroupTree } from "../wgsl/tree.ts";

const SIZE = 64;

/** One workgroup per query and head. */
export function compileSoftmax(op: Softmax): readonly Kernel[] {
  const [, nHeads = 0, width = 0] = op.x.shape;
  return [
    {
      label: `softmax ${nHeads}`,
      bindings: [
        reads("x", op.x),
        ...(op.sinks ? [reads("sinks", op.sinks)] : []),
        writes("pattern", op.out),
        writes("lse", op.lse, "u32"),
      ],
      params: { nHeads, width },
      body: `${EXP}
var<workgroup> reduced: array<f32, ${SIZE}>;
${entry(
  SIZE,
  `  if (wg >= step.nTokens * params.nHeads) { return; }
  let visible = step.start + wg / params.nHeads + 1u;
  let row = wg * params.width;
  var highest = ${op.sinks ? "sinks(wg % params.nHeads)" : LOWEST};
  for (var s = lid; s < visible; s += ${SIZE}u) { highest = max(highest, x(row + s)); }
  reduced[lid] = highest;
${workgroupTree("reduced", SIZE, maximum)}
  highest = reduced[0];
  workgroupBarrier();
  var share = 0.0;
  for (var s = lid; s < visible; s += ${SIZE}u) {
    let score = x(row + s);
    share += select(0.0, expF32(score - highest), score > ${LOWEST});
  }
  reduced[lid] = share;
${workgroupTree("reduced", SIZE)}
  let mass = reduced[0]${op.sinks ? " + expF32(sinks(wg % params.nHeads) - highest)" : ""};
  for (var s = lid; s < params.width; s += ${SIZE}u) {
    let score = x(row + s);
    let isSeen = s < visible && score > ${LOWEST};
    pattern[row + s] = select(0.0, expF32(score - highest) / mass, isSeen);
  }
  if (lid == 0u) {
    lse[wg] = select(bitcast<u32>(highest + log(mass)), ${NEGATIVE_INFINITY_BITS}, mass == 0.0);
  }`,
)}`,
      workgroups: (step) => step.nTokens * nHeads,
    },
  ];
}
