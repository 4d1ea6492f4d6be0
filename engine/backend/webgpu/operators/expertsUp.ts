import { rowSize } from "../../checkOperator.ts";
import type { ExpertsUp } from "../../operators.ts";
import type { Kernel } from "../kernel.ts";
import { EXP, SILU } from "../wgsl/math.ts";
import { expertProducts } from "./expertProducts.ts";

/** out[t,j] = silu(gate[e] x[t]) * (up[e] x[t]) with e = indices[t,j], read on the device. */
export function compileExpertsUp(op: ExpertsUp): readonly Kernel[] {
  const [, n = 0, k = 0] = op.gate.shape;
  const slots = rowSize(op.indices);
  return [
    expertProducts({
      label: "expertsUp",
      slots,
      k,
      n,
      x: op.x,
      xPerSlot: false,
      indices: op.indices,
      weights: [op.gate, op.up],
      out: op.out,
      functions: EXP + SILU,
      epilogue: "silu(value) * value1",
    }),
  ];
}
