import type { ModelSpec } from "../model/spec.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { WeightOptions } from "./readWeight.ts";

/** A model as circuits read it. */
export interface WeightSource {
  readonly spec: ModelSpec;
  weight(name: string, options?: WeightOptions): Promise<Tensor>;
}
