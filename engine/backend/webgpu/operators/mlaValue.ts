import type { MlaValue } from "../../operators.ts";
import type { Kernel } from "../kernel.ts";
import { batchedMatmul, STEP_TOKENS } from "./batchedMatmul.ts";
import type { CompileTarget } from "./compileTarget.ts";

/** out[t,h] = valueWeight[h] u[t,h]. */
export function compileMlaValue(op: MlaValue, on: CompileTarget): readonly Kernel[] {
  const [heads = 0, value = 0, latent = 0] = op.valueWeight.shape;
  return batchedMatmul(
    {
      label: "mlaValue",
      k: latent,
      n: value,
      batches: heads,
      x: op.u,
      xStrides: { row: heads * latent, batch: latent },
      weight: op.valueWeight,
      weightStrides: { row: latent, batch: value * latent },
      out: op.out,
      outStrides: { row: heads * value, batch: value },
      tokens: STEP_TOKENS,
    },
    on,
  );
}
