import { elementCount, rowSize } from "../../checkOperator.ts";
import type { RmsNorm } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { meanSquare, meanSquareMemory, normSize } from "../wgsl/meanSquare.ts";

/** out = x (mean(x^2) + eps)^-1/2 weight; one workgroup per run of the weight's length. */
export function compileRmsNorm(op: RmsNorm): readonly Kernel[] {
  const width = elementCount(op.weight);
  const size = normSize(width);
  const runs = rowSize(op.x) / width;
  const rows = op.rows === "one" ? "params.runs" : "step.nTokens * params.runs";
  return [
    {
      label: `rmsNorm ${width}`,
      bindings: [reads("x", op.x), reads("weight", op.weight), writes("out", op.out)],
      params: { width, runs },
      body: () => `${meanSquareMemory(size)}
${entry(
  size,
  `  if (wg >= ${rows}) { return; }
  let row = wg * params.width;
${meanSquare("x", "row", "params.width", size)}
  let inverse = 1.0 / sqrt(meanSquare + ${op.eps});
  for (var i = lid; i < params.width; i += ${size}u) {
    out[row + i] = x(row + i) * inverse * weight(i);
  }`,
)}`,
      workgroups: (step) => runs * (op.rows === "one" ? 1 : step.nTokens),
    },
  ];
}
