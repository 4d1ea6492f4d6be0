import type { Backend } from "./backend/backend.ts";
import type { DeviceTensor } from "./backend/deviceTensor.ts";
import type { ConfigError } from "./base/errors.ts";
import type { GenerationConfig } from "./generate/samplingOptions.ts";
import type { SaveRun } from "./look/run.ts";
import type { ModelSpec } from "./model/spec.ts";
import type { Tokenizer } from "./tokenizer/tokenizer.ts";

/** What a model is made of. */
export interface ModelParts {
  readonly name: string;
  readonly location: string;
  readonly hash: string;
  /** Why there is no tokenizer, where more is known than that the file is missing. */
  readonly tokenizerError?: ConfigError | undefined;
  readonly spec: ModelSpec;
  readonly backend: Backend;
  /** Why this backend. */
  readonly backendReason: string;
  readonly weights: ReadonlyMap<string, DeviceTensor>;
  /** Tensors of the checkpoint that were left out. */
  readonly ignoredTensors: readonly string[];
  /** Weights of packed tensors that are kept as floats, with the dtype that the checkpoint has them in. */
  readonly widenedWeights: ReadonlyMap<string, string>;
  readonly tokenizer: Tokenizer | null;
  readonly generationConfig: GenerationConfig;
  readonly eosIds: readonly number[];
  /** How `run.save` writes; absent: it is refused. */
  readonly saveRun?: SaveRun | undefined;
  /** Default 0. */
  readonly prefixCacheBytes?: number | undefined;
}
