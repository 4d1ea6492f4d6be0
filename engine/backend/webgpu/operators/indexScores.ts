import { rowSize } from "../../checkOperator.ts";
import type { IndexScores } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";
import { NEGATIVE_INFINITY_BITS } from "../wgsl/math.ts";
import { accumulate, unitOf } from "../wgsl/units.ts";

/** One invocation per pair of a query and a position of the context. */
export function compileIndexScores(op: IndexScores): readonly Kernel[] {
  const [, nHeads = 0, dHead = 0] = op.q.shape;
  const width = rowSize(op.out);
  const unit = unitOf(dHead);
  return [
    {
      label: `indexScores ${nHeads}x${dHead}`,
      bindings: [
        reads("q", op.q, unit),
        reads("k", op.k, unit),
        reads("weights", op.weights),
        writes("cells", op.out, "u32"),
      ],
      params: { nHeads, units: dHead / unit, width },
      body: () =>
        elementwise(
          `step.nTokens * params.width`,
          `  let token = i / params.width;
  let key = i % params.width;
  if (key > step.start + token) { cells[i] = ${NEGATIVE_INFINITY_BITS}; return; }
  var sum = 0.0;
  for (var n = 0u; n < params.nHeads; n++) {
    let head = token * params.nHeads + n;
    var match0 = 0.0;
    for (var u = 0u; u < params.units; u++) {
      let mine = q(head * params.units + u);
      let other = k(key * params.units + u);
      ${accumulate("match0", "mine", "other", unit)}
    }
    sum = fma(weights(head), max(match0, 0.0), sum);
  }
  cells[i] = bitcast<u32>(sum * ${op.scale});`,
        ),
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * width),
    },
  ];
}
