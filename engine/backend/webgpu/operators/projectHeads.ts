import { elementCount, rowSize } from "../../checkOperator.ts";
import type { ProjectHeads } from "../../operators.ts";
import type { Kernel } from "../kernel.ts";
import { batchedMatmul, STEP_TOKENS } from "./batchedMatmul.ts";
import type { CompileTarget } from "./compileTarget.ts";

/** out[t,h] = outputWeight[:, hV:(h+1)V] z[t,h]. */
export function compileProjectHeads(op: ProjectHeads, on: CompileTarget): readonly Kernel[] {
  const [, heads = 0, value = 0] = op.z.shape;
  const model = elementCount(op.outputWeight) / rowSize(op.outputWeight);
  return batchedMatmul(
    {
      label: "projectHeads",
      k: value,
      n: model,
      batches: heads,
      x: op.z,
      xStrides: { row: heads * value, batch: value },
      weight: op.outputWeight,
      weightStrides: { row: heads * value, batch: value },
      out: op.out,
      outStrides: { row: heads * model, batch: model },
      tokens: STEP_TOKENS,
    },
    on,
  );
}
