import { elementCount, rowSize } from "../../checkOperator.ts";
import type { DeviceTensor } from "../../deviceTensor.ts";
import type { RmsNorm, Rope } from "../../operators.ts";
import { cacheOf, type Kernel, reads, stores, writes } from "../kernel.ts";
import { entry } from "../wgsl/entry.ts";
import { meanSquare, meanSquareMemory, normSize } from "../wgsl/meanSquare.ts";
import { rotate } from "../wgsl/rotate.ts";

/** A norm of every head, and the rotation of what it gives. */
export interface NormedRope {
  readonly norm: RmsNorm;
  readonly rope: Rope;
}

/** Of a head whose norm lies in the workgroup memory that every device has. */
export const MOST_HEAD_WIDTH = 2048;

/** The two in one dispatch, one workgroup per head: the same outputs, the norm's among them. @param cache takes the rotated rows as well */
export function compileNormedRope(
  { norm, rope }: NormedRope,
  cache: DeviceTensor | null,
): readonly Kernel[] {
  const width = elementCount(norm.weight);
  const size = normSize(width);
  const heads = rowSize(norm.x) / width;
  const pairs = rope.dim / 2;
  return [
    {
      label: `rmsNorm ${width}, rope ${rope.layout} ${rope.dim}`,
      bindings: [
        reads("x", norm.x),
        reads("weight", norm.weight),
        reads("cosine", rope.cos),
        reads("sine", rope.sin),
        writes("normed", norm.out),
        writes("out", rope.out),
        ...cacheOf(cache),
      ],
      params: { width, heads, pairs, offset: rope.offset, perHead: width - pairs },
      body: () => `${meanSquareMemory(size)}
var<workgroup> head: array<f32, ${width}>;
fn headOf(i: u32) -> f32 { return head[i]; }
${entry(
  size,
  `  if (wg >= step.nTokens * params.heads) { return; }
  let row = wg * params.width;
  let token = wg / params.heads;
${meanSquare("x", "row", "params.width", size)}
  let inverse = 1.0 / sqrt(meanSquare + ${norm.eps});
  for (var i = lid; i < params.width; i += ${size}u) {
    let value = x(row + i) * inverse * weight(i);
    normed[row + i] = value;
    head[i] = value;
  }
  workgroupBarrier();
  for (var j = lid; j < params.perHead; j += ${size}u) {
    if (j < params.pairs) {
${rotate(rope.layout, "params.pairs", "headOf", "params.offset", "j", "step.start + token")}
      ${stores("row + first", "a", cache)}
      ${stores("row + second", "b", cache)}
    } else {
      let rest = j - params.pairs;
      let at = select(rest, rest + 2u * params.pairs, rest >= params.offset);
      ${stores("row + at", "headOf(at)", cache)}
    }
  }`,
)}`,
      workgroups: (step) => step.nTokens * heads,
    },
  ];
}
