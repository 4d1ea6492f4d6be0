import type { ModelSpec } from "./spec.ts";

/** A parameter under its canonical name, in the layout the operators want. */
export interface ModelWeight {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Does it hold an expert in each entry of its first axis? */
export function isExpertStack({ name }: ModelWeight): boolean {
  return /\.mlp\.experts\.(gate|up|down)(\.bias)?$/.test(name);
}

/** The weights that a model needs. */
export interface ModelWeights {
  readonly spec: ModelSpec;
  readonly weights: ReadonlyMap<string, ModelWeight>;
}
