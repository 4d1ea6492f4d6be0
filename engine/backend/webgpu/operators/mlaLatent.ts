import { elementCount, rowSize } from "../../checkOperator.ts";
import type { MlaLatent } from "../../operators.ts";
import { type Kernel, reads, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { meanSquare, meanSquareMemory, normSize } from "../wgsl/meanSquare.ts";
import { rotate } from "../wgsl/rotate.ts";

/** Normalises the latent and rotates the shared key of one token per workgroup. @see arXiv:2405.04434 eq. 9, 13-15 */
export function compileMlaLatent(op: MlaLatent): readonly Kernel[] {
  const latent = elementCount(op.weight);
  const rotary = 2 * rowSize(op.cos);
  const width = latent + rotary;
  const size = normSize(latent);
  return [
    {
      label: `mlaLatent ${op.layout} ${latent}+${rotary}`,
      bindings: [
        reads("x", op.x),
        reads("weight", op.weight),
        reads("cosine", op.cos),
        reads("sine", op.sin),
        writes("out", op.out),
      ],
      params: { latent, rotary, width },
      body: () => `${meanSquareMemory(size)}
${entry(
  size,
  `  if (wg >= step.nTokens) { return; }
  let row = wg * params.width;
${meanSquare("x", "row", "params.latent", size)}
  let inverse = 1.0 / sqrt(meanSquare + ${op.eps});
  for (var i = lid; i < params.latent; i += ${size}u) {
    out[row + i] = x(row + i) * inverse * weight(i);
  }
  for (var j = lid; j < params.rotary / 2u; j += ${size}u) {
${rotate(op.layout, "params.rotary / 2u", "x", `row + params.latent`, "j", "step.start + wg")}
    out[first] = a;
    out[second] = b;
  }`,
)}`,
      workgroups: (step) => step.nTokens,
    },
  ];
}
