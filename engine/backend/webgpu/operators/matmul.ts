import { elementCount, rowSize } from "../../checkOperator.ts";
import type { DeviceTensor } from "../../deviceTensor.ts";
import type { Matmul } from "../../operators.ts";
import { type Kernel, reads } from "../kernel.ts";
import { batchedMatmul, ONE_TOKEN, STEP_TOKENS } from "./batchedMatmul.ts";
import type { CompileTarget } from "./compileTarget.ts";

/** out = x weight^T, then + bias, then + residual. @param cache takes the rows as well */
export function compileMatmul(
  op: Matmul,
  on: CompileTarget,
  cache: DeviceTensor | null = null,
): readonly Kernel[] {
  const n = elementCount(op.weight) / rowSize(op.weight);
  const k = rowSize(op.weight);
  const inputs = [];
  let epilogue = "value";
  if (op.bias) {
    inputs.push(reads("bias", op.bias));
    epilogue += " + bias(row)";
  }
  if (op.residual) {
    inputs.push(reads("residual", op.residual));
    epilogue += " + residual(at)";
  }
  return batchedMatmul(
    {
      label: "matmul",
      k,
      n,
      batches: 1,
      x: op.x,
      xStrides: { row: k, batch: 0 },
      weight: op.weight,
      weightStrides: { row: k, batch: 0 },
      out: op.out,
      outStrides: { row: n, batch: 0 },
      tokens: op.rows === "one" ? ONE_TOKEN : STEP_TOKENS,
      inputs,
      epilogue,
      cache,
    },
    on,
  );
}
