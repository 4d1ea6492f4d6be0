import type { ConfigClass, ConfigReader } from "../configReader.ts";
import type { ModelSpec } from "../spec.ts";
import type { WeightNames } from "../weightNames.ts";

/**
 * All that is particular to one model_type: what its config means and what its tensors are called. Its `defaults` are those
 * of transformers' config class for every field that `spec` reads.
 */
export interface Architecture extends ConfigClass {
  readonly spec: (config: ConfigReader) => ModelSpec;
  /** The first part of the embedding's name (`model.`) is the base model's, which checkpoints may leave out everywhere. */
  readonly names: WeightNames;
  /** Tensors that carry nothing the forward pass reads. */
  readonly ignorable?: RegExp;
}
