import { dot } from "../../../tensor/dot.ts";
import { rowSize } from "../../checkOperator.ts";
import type { Step } from "../../deviceTensor.ts";
import type { MlaExpand } from "../../operators.ts";
import { at } from "../math.ts";
import { floats } from "../referenceTensor.ts";

export function mlaExpand(op: MlaExpand, step: Step): void {
  const [cache, k, v] = [floats(op.cache), floats(op.k), floats(op.v)];
  const [keyWeight, valueWeight] = [floats(op.keyWeight), floats(op.valueWeight)];
  const [nHeads = 0, dLatent = 0, dNope = 0] = op.keyWeight.shape;
  const dValue = op.valueWeight.shape[1] ?? 0;
  const width = rowSize(op.cache);
  const dKey = dNope + width - dLatent;
  for (let s = 0; s < step.start + step.nTokens; s++)
    for (let h = 0; h < nHeads; h++) {
      const latent = s * width;
      const key = (s * nHeads + h) * dKey;
      for (let p = 0; p < dNope; p++) {
        let sum = 0;
        for (let c = 0; c < dLatent; c++)
          sum += at(keyWeight, (h * dLatent + c) * dNope + p) * at(cache, latent + c);
        k[key + p] = sum;
      }
      k.set(cache.subarray(latent + dLatent, latent + width), key + dNope);
      for (let j = 0; j < dValue; j++)
        v[(s * nHeads + h) * dValue + j] = dot(
          valueWeight,
          (h * dValue + j) * dLatent,
          cache,
          latent,
          dLatent,
        );
    }
}
