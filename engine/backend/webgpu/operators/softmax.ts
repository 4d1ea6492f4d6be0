import type { Softmax } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { EXP, LOWEST, NEGATIVE_INFINITY_BITS } from "../wgsl/math.ts";
import { maximum, workgroupTree } from "../wgsl/tree.ts";

const SIZE = 64;

/** One workgroup per query and head, which also looks whether the scores were edited. */
export function compileSoftmax(op: Softmax): readonly Kernel[] {
  const [, nHeads = 0, width = 0] = op.x.shape;
  return [
    {
      label: `softmax ${nHeads}`,
      bindings: [
        reads("x", op.x),
        reads("before", op.before),
        reads("unedited", op.pattern),
        reads("norms", op.norms),
        ...(op.sinks ? [reads("sinks", op.sinks)] : []),
        writes("pattern", op.out, "u32"),
        writes("lse", op.lse, "u32"),
      ],
      params: { nHeads, width },
      body: () => `${EXP}
var<workgroup> differing: array<u32, ${SIZE}>;
var<workgroup> reduced: array<f32, ${SIZE}>;
${entry(
  SIZE,
  `  if (wg >= step.nTokens * params.nHeads) { return; }
  let visible = step.start + wg / params.nHeads + 1u;
  let row = wg * params.width;
  var highest = ${op.sinks ? "sinks(wg % params.nHeads)" : LOWEST};
  var differs = 0u;
  for (var s = lid; s < visible; s += ${SIZE}u) {
    highest = max(highest, x(row + s));
    differs |= bitcast<u32>(x(row + s)) ^ bitcast<u32>(before(row + s));
  }
  differing[lid] = differs;
${workgroupTree("differing", SIZE, (a, b) => `${a} | ${b}`)}
  let isEdited = differing[0] != 0u;
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
    let given = select(bitcast<u32>(unedited(row + s)), 0u, s >= visible);
    let own = bitcast<u32>(select(0.0, expF32(score - highest) / mass, isSeen));
    pattern[row + s] = select(given, own, isEdited);
  }
  if (lid == 0u) {
    let norm = select(bitcast<u32>(highest + log(mass)), ${NEGATIVE_INFINITY_BITS}, mass == 0.0);
    lse[wg] = select(bitcast<u32>(norms(wg)), norm, isEdited);
  }`,
)}`,
      workgroups: (step) => step.nTokens * nHeads,
    },
  ];
}
