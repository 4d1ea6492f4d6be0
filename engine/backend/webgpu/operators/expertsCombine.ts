import { rowSize } from "../../checkOperator.ts";
import type { ExpertsCombine } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";

/** out[t] = sum over j of weights[t,j] experts[t,j], j ascending, then + shared[t]. */
export function compileExpertsCombine(op: ExpertsCombine): readonly Kernel[] {
  const k = rowSize(op.weights);
  const width = rowSize(op.out);
  const shared = op.shared ? [reads("sharedExpert", op.shared)] : [];
  return [
    {
      label: `expertsCombine ${k}x${width}`,
      bindings: [
        reads("experts", op.experts),
        reads("weights", op.weights),
        ...shared,
        writes("out", op.out),
      ],
      params: { k, width },
      body: () =>
        elementwise(
          `step.nTokens * params.width`,
          `  let t = i / params.width;
  let m = i % params.width;
  var sum = 0.0;
  for (var j = 0u; j < params.k; j++) {
    let slot = t * params.k + j;
    sum = fma(weights(slot), experts(slot * params.width + m), sum);
  }
  out[i] = sum${op.shared ? " + sharedExpert(i)" : ""};`,
        ),
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * width),
    },
  ];
}
