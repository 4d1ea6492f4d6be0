import { elementCount, rowSize } from "../../checkOperator.ts";
import type { DeviceTensor } from "../../deviceTensor.ts";
import type { MlaLatent } from "../../operators.ts";
import { cacheOf, type Kernel, reads, stores, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { meanSquare, meanSquareMemory, normSize } from "../wgsl/meanSquare.ts";
import { rotate } from "../wgsl/rotate.ts";

/** Normalises the latent and rotates the shared key of one token per workgroup. @param cache takes the rows as well. @see arXiv:2405.04434 eq. 9, 13-15 */
export function compileMlaLatent(
  op: MlaLatent,
  cache: DeviceTensor | null = null,
): readonly Kernel[] {
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
        ...cacheOf(cache),
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
    ${stores("row + i", "x(row + i) * inverse * weight(i)", cache)}
  }
  for (var j = lid; j < params.rotary / 2u; j += ${size}u) {
${rotate(op.layout, "params.rotary / 2u", "x", `row + params.latent`, "j", "step.start + wg")}
    ${stores("first", "a", cache)}
    ${stores("second", "b", cache)}
  }`,
)}`,
      workgroups: (step) => step.nTokens,
    },
  ];
}
