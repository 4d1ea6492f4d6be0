import { elementCount } from "../../checkOperator.ts";
import type { LayerNorm } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { normSize } from "../wgsl/meanSquare.ts";
import { workgroupTree } from "../wgsl/tree.ts";

/** out = (x - mean) (variance + eps)^-1/2 weight + bias; one workgroup per row. */
export function compileLayerNorm(op: LayerNorm): readonly Kernel[] {
  const width = elementCount(op.weight);
  const size = normSize(width);
  const rows = op.rows === "one" ? "1u" : "step.nTokens";
  const strided = (line: string) =>
    `  for (var i = lid; i < params.width; i += ${size}u) { ${line} }`;
  return [
    {
      label: `layerNorm ${width}`,
      bindings: [
        reads("x", op.x),
        reads("weight", op.weight),
        reads("bias", op.bias),
        writes("out", op.out),
      ],
      params: { width },
      body: () => `var<workgroup> sums: array<f32, ${size}>;
${entry(
  size,
  `  if (wg >= ${rows}) { return; }
  let row = wg * params.width;
  var sum = 0.0;
${strided("sum += x(row + i);")}
  sums[lid] = sum;
${workgroupTree("sums", size)}
  let mean = sums[0] / f32(params.width);
  workgroupBarrier();
  var square = 0.0;
${strided("let v = x(row + i) - mean; square = fma(v, v, square);")}
  sums[lid] = square;
${workgroupTree("sums", size)}
  let inverse = 1.0 / sqrt(sums[0] / f32(params.width) + ${op.eps});
${strided("out[row + i] = (x(row + i) - mean) * inverse * weight(i) + bias(i);")}`,
)}`,
      workgroups: (step) => (op.rows === "one" ? 1 : step.nTokens),
    },
  ];
}
