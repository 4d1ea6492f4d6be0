import { rowSize } from "../../checkOperator.ts";
import type { ExpertsDown } from "../../operators.ts";
import { type Kernel, reads } from "../kernel.ts";
import type { CompileTarget } from "./compileTarget.ts";
import { expertProducts } from "./expertProducts.ts";

/** out[t,j] = down[e] h[t,j] + bias[e] with e = indices[t,j], read on the device. */
export function compileExpertsDown(op: ExpertsDown, on: CompileTarget): readonly Kernel[] {
  const [, n = 0, k = 0] = op.down.shape;
  const slots = rowSize(op.indices);
  return expertProducts(
    {
      label: "expertsDown",
      slots,
      k,
      n,
      x: op.h,
      xPerSlot: true,
      indices: op.indices,
      weights: [op.down],
      out: op.out,
      inputs: op.bias ? [reads("bias", op.bias)] : [],
      epilogue: op.bias ? "value + bias(at)" : "value",
    },
    on,
  );
}
