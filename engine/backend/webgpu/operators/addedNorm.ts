import { elementCount } from "../../checkOperator.ts";
import type { Add, RmsNorm } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { meanSquare, meanSquareMemory, normSize } from "../wgsl/meanSquare.ts";

/** What a sublayer adds to the residual, and the norm of the sum. */
export interface AddedNorm {
  readonly add: Add;
  readonly norm: RmsNorm;
}

/** The two in one dispatch, one workgroup per row: the same outputs. An invocation reads of the sum what it has written itself. */
export function compileAddedNorm({ add, norm }: AddedNorm): readonly Kernel[] {
  const width = elementCount(norm.weight);
  const size = normSize(width);
  return [
    {
      label: `add, rmsNorm ${width}`,
      bindings: [
        reads("a", add.a),
        reads("b", add.b),
        reads("weight", norm.weight),
        writes("sum", add.out),
        writes("out", norm.out),
      ],
      params: { width },
      body: () => `${meanSquareMemory(size)}
fn added(i: u32) -> f32 {
  let value = a(i) + b(i);
  sum[i] = value;
  return value;
}
${entry(
  size,
  `  if (wg >= step.nTokens) { return; }
  let row = wg * params.width;
${meanSquare("added", "row", "params.width", size)}
  let inverse = 1.0 / sqrt(meanSquare + ${norm.eps});
  for (var i = lid; i < params.width; i += ${size}u) {
    out[row + i] = sum[row + i] * inverse * weight(i);
  }`,
)}`,
      workgroups: (step) => step.nTokens,
    },
  ];
}
