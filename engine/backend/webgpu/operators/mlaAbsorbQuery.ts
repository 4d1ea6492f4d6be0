import { rowSize } from "../../checkOperator.ts";
import type { MlaAbsorbQuery } from "../../operators.ts";
import type { Kernel } from "../kernel.ts";
import { batchedMatmul, STEP_TOKENS } from "./batchedMatmul.ts";
import type { CompileTarget } from "./compileTarget.ts";

/** out[t,h] = [keyWeight[h] q[t,h,:P] | q[t,h,P:]]. */
export function compileMlaAbsorbQuery(op: MlaAbsorbQuery, on: CompileTarget): readonly Kernel[] {
  const [heads = 0, latent = 0, nope = 0] = op.keyWeight.shape;
  const queryWidth = rowSize(op.q) / heads;
  const rotary = queryWidth - nope;
  const outWidth = latent + rotary;
  return batchedMatmul(
    {
      label: "mlaAbsorbQuery",
      k: nope,
      n: latent,
      batches: heads,
      x: op.q,
      xStrides: { row: heads * queryWidth, batch: queryWidth },
      weight: op.keyWeight,
      weightStrides: { row: nope, batch: latent * nope },
      out: op.out,
      outStrides: { row: heads * outWidth, batch: outWidth },
      tokens: STEP_TOKENS,
      tail: rotary,
    },
    on,
  );
}
