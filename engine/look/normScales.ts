import type { ModelSpec } from "../model/spec.ts";
import { normDivisor } from "../tensor/normDivisor.ts";
import type { HostArray } from "../tensor/tensor.ts";

/** What a norm of the model divides rows by, (tokens), of what it reads, (tokens, M); summed in float64. */
export function normScales(rows: HostArray, { norm, normEps: eps, dModel }: ModelSpec): HostArray {
  const make = rows.constructor as new (length: number) => HostArray;
  const scales = new make(rows.length / dModel);
  for (let t = 0; t < scales.length; t++)
    scales[t] = normDivisor(rows, t * dModel, dModel, { isLayer: norm === "layer", eps });
  return scales;
}
