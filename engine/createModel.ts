import type { Backend } from "./backend/backend.ts";
import { checkOptions, checkSignals, type OptionNames } from "./base/checkOptions.ts";
import { ConfigError } from "./base/errors.ts";
import type { ProgressListener } from "./base/progress.ts";
import { checkPrefixCacheBytes } from "./execute/prefixCache.ts";
import type { GenerationConfig } from "./generate/samplingOptions.ts";
import type { SaveRun } from "./look/run.ts";
import { canonicalNames, renamedCheckpoint } from "./model/canonicalNames.ts";
import { loadWeights } from "./model/loadWeights.ts";
import { normalizeConfig } from "./model/normalizeConfig.ts";
import { resolveHead } from "./model/resolveHead.ts";
import { resolveMtp } from "./model/resolveMtp.ts";
import type { ModelSpec } from "./model/spec.ts";
import { Model } from "./model.ts";
import { compilePlan } from "./plan/compilePlan.ts";
import type { Plan } from "./plan/plan.ts";
import { planMtp } from "./plan/planMtp.ts";
import type { Tokenizer } from "./tokenizer/tokenizer.ts";
import type { Checkpoint } from "./weights/checkpoint.ts";

export interface CreateModelOptions {
  /** Null: the model takes token ids only. */
  readonly tokenizer: Tokenizer | null;
  /** Why there is none; thrown where text is given. */
  readonly tokenizerError?: ConfigError | undefined;
  /** The model owns it from now on. */
  readonly backend: Backend;
  /** Why this backend; shown in `model.backend.reason`. */
  readonly backendReason?: string;
  /** How `run.save` writes: in Node `saveRun`, which `loadModel` gives. Default: `run.save` is refused. */
  readonly saveRun?: SaveRun | undefined;
  /** As that of `loadModel`. */
  readonly prefixCacheBytes?: number | undefined;
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

const CREATE_MODEL_OPTIONS: OptionNames<CreateModelOptions> = {
  tokenizer: true,
  tokenizerError: true,
  backend: true,
  backendReason: true,
  saveRun: true,
  prefixCacheBytes: true,
  onProgress: true,
  signal: true,
};

/**
 * Puts a checkpoint's weights on a backend. The caller closes the checkpoint. On failure the backend is as it was.
 * @throws ConfigError ERR_ARCHITECTURE, ERR_CONFIG; WeightsError; BackendError; AbortedError ERR_ABORTED; InputError ERR_OPTION
 */
export async function createModel(
  checkpoint: Checkpoint,
  options: CreateModelOptions,
): Promise<Model> {
  checkOptions("createModel", options, CREATE_MODEL_OPTIONS);
  checkSignals("createModel", options);
  const { tokenizer, backend, backendReason = "given by the caller", onProgress, signal } = options;
  const { prefixCacheBytes = 0 } = options;
  checkPrefixCacheBytes(prefixCacheBytes);
  const ends = endIds(checkpoint);
  const spec = await specOf(checkpoint);
  const loaded = await loadWeights(checkpoint, allWeights(spec), backend, { onProgress, signal });
  return new Model({
    name: checkpoint.name,
    location: checkpoint.location,
    hash: checkpoint.hash,
    tokenizerError: options.tokenizerError,
    spec,
    backend,
    backendReason,
    weights: loaded.weights,
    ignoredTensors: loaded.ignored,
    widenedWeights: loaded.widened,
    tokenizer,
    generationConfig: generationConfigOf(checkpoint),
    eosIds: tokenizer?.eosIds ?? ends,
    saveRun: options.saveRun,
    prefixCacheBytes,
  });
}

/** What config.json says, with the head and the draft module as the checkpoint has them. */
async function specOf(checkpoint: Checkpoint): Promise<ModelSpec> {
  const spec = normalizeConfig(checkpoint.config);
  const named = renamedCheckpoint(checkpoint, canonicalNames(checkpoint, spec));
  return resolveMtp(await resolveHead(spec, named), named);
}

/** The forward pass with the weights of the draft module beside its own. */
function allWeights(spec: ModelSpec): Plan {
  const plan = compilePlan(spec);
  if (spec.mtp === null) return plan;
  const { weights } = planMtp(spec, { logits: "all" });
  return { ...plan, weights: new Map([...plan.weights, ...weights]) };
}

/** Where a checkpoint has no generation_config.json, config.json may hold its fields. */
function generationConfigOf({ config, generationConfig }: Checkpoint): GenerationConfig {
  return Object.keys(generationConfig).length > 0
    ? { name: "generation_config.json", fields: generationConfig }
    : { name: "config.json", fields: config };
}

/** A negative id, as some files have it, ends nothing. */
function endIds({ config, generationConfig }: Checkpoint): number[] {
  const ofGeneration = generationConfig.eos_token_id ?? null;
  const given = ofGeneration ?? config.eos_token_id ?? [];
  const ids = [given].flat();
  if (ids.every((id): id is number => Number.isSafeInteger(id))) return ids.filter((id) => id >= 0);
  const file = ofGeneration === null ? "config.json" : "generation_config.json";
  throw new ConfigError(
    "ERR_CONFIG",
    `${file}: expected eos_token_id to be a token id or a list of them, got ${JSON.stringify(given)}. Correct the file.`,
  );
}
