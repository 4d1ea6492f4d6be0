import type { DeviceTensor } from "../../deviceTensor.ts";
import type { Rope } from "../../operators.ts";
import { cacheOf, type Kernel, reads, stores, writes } from "../kernel.ts";
import { elementwise, elementwiseWorkgroups } from "../wgsl/entry.ts";
import { rotate } from "../wgsl/rotate.ts";

/** One invocation per rotated pair and per copied element. @param cache takes the rows as well */
export function compileRope(op: Rope, cache: DeviceTensor | null = null): readonly Kernel[] {
  const [, heads = 0, width = 0] = op.x.shape;
  const pairs = op.dim / 2;
  const perHead = width - pairs;
  const perToken = heads * perHead;
  return [
    {
      label: `rope ${op.layout} ${op.dim} of ${width}`,
      bindings: [
        reads("x", op.x),
        reads("cosine", op.cos),
        reads("sine", op.sin),
        writes("out", op.out),
        ...cacheOf(cache),
      ],
      params: { width, perHead, perToken, pairs, offset: op.offset },
      body: () =>
        elementwise(
          `step.nTokens * params.perToken`,
          `  let token = i / params.perToken;
  let head = i / params.perHead * params.width;
  let j = i % params.perHead;
  if (j < params.pairs) {
${rotate(op.layout, "params.pairs", "x", `head + params.offset`, "j", "step.start + token")}
    ${stores("first", "a", cache)}
    ${stores("second", "b", cache)}
  } else {
    let rest = j - params.pairs;
    let at = head + select(rest, rest + 2u * params.pairs, rest >= params.offset);
    ${stores("at", "x(at)", cache)}
  }`,
        ),
      workgroups: (step) => elementwiseWorkgroups(step.nTokens * perToken),
    },
  ];
}
