import type { ModelSpec } from "./spec.ts";

/** A parameter under its canonical name, in the layout the operators want. */
export interface ModelWeight {
  readonly name: string;
  readonly shape: readonly number[];
}

/** The weights that a model needs. */
export interface ModelWeights {
  readonly spec: ModelSpec;
  readonly weights: ReadonlyMap<string, ModelWeight>;
}
