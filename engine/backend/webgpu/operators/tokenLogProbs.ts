import { rowSize } from "../../checkOperator.ts";
import type { TokenLogProbs } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { EXP, LOWEST } from "../wgsl/math.ts";
import { maximum, workgroupTree } from "../wgsl/tree.ts";

const SIZE = 256;

/** out[t] = ln softmax(logits[t])[ids[t]], one workgroup per row; 0 for an id that is none. */
export function compileTokenLogProbs(op: TokenLogProbs): readonly Kernel[] {
  const strided = (body: string) =>
    `  for (var i = lid; i < params.width; i += ${SIZE}u) { ${body} }`;
  return [
    {
      label: "tokenLogProbs",
      bindings: [reads("logits", op.logits), reads("ids", op.ids), writes("out", op.out)],
      params: { width: rowSize(op.logits) },
      body: () => `${EXP}
var<workgroup> reduced: array<f32, ${SIZE}>;
${entry(
  SIZE,
  `  if (wg >= step.nTokens) { return; }
  let id = u32(ids(wg));
  if (id >= params.width) {
    if (lid == 0u) { out[wg] = 0.0; }
    return;
  }
  let row = wg * params.width;
  var top = ${LOWEST};
${strided("top = max(top, logits(row + i));")}
  reduced[lid] = top;
${workgroupTree("reduced", SIZE, maximum)}
  let most = reduced[0];
  workgroupBarrier();
  var sum = 0.0;
${strided("let shift = logits(row + i) - most; if (shift > -87.0) { sum += expF32(shift); }")}
  reduced[lid] = sum;
${workgroupTree("reduced", SIZE)}
  if (lid == 0u) { out[wg] = logits(row + id) - most - log(reduced[0]); }`,
)}`,
      workgroups: (step) => step.nTokens,
    },
  ];
}
