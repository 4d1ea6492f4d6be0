import type { Arithmetic } from "./backend/backend.ts";
import { type BackendChoice, openBackend } from "./backend/openBackend.node.ts";
import { checkOptions, checkSignals, type OptionNames } from "./base/checkOptions.ts";
import { ConfigError } from "./base/errors.ts";
import { ambientProgressListener, type ProgressListener } from "./base/progress.ts";
import { createModel } from "./createModel.ts";
import { normalizeConfig } from "./model/normalizeConfig.ts";
import type { Model } from "./model.ts";
import { saveRun } from "./record/saveRun.node.ts";
import { ggufTokenizer } from "./tokenizer/gguf/ggufTokenizer.ts";
import { loadTokenizer } from "./tokenizer/loadTokenizer.node.ts";
import { Tokenizer } from "./tokenizer/tokenizer.ts";
import { castCheckpoint, type WeightDType } from "./weights/castCheckpoint.ts";
import { type GgufCheckpoint, openGguf } from "./weights/gguf/openGguf.node.ts";
import { openCheckpoint } from "./weights/openCheckpoint.node.ts";
import { resolveModel } from "./weights/resolveModel.node.ts";

/** How `loadModel` reads a checkpoint, and where to. */
export interface LoadModelOptions {
  /** Default "auto": a hardware adapter through WebGPU where there is one, else the cpu. */
  readonly backend?: BackendChoice;
  /** Threads of the cpu backend, where that is taken; see CpuBackendOptions. */
  readonly threads?: number;
  /** Default "exact". "i16" of the cpu backend and "i8" of webgpu round activations where weights are packed: see Arithmetic. */
  readonly arithmetic?: Arithmetic;
  /**
   * Bytes of the device for experts, of a model whose experts have no room there: all of them then wait in host memory, and those
   * used last stay on the device. The same bits, later: each layer of experts reads its routes back, and `model.deviceMemory().experts`
   * counts hits and misses. Default: all experts lie on the device.
   */
  readonly expertCacheBytes?: number;
  /**
   * Bytes of the device for what runs and generations computed, once they have ended: a later one that begins with the same tokens
   * goes on from there, with the same bits. Those used least recently make room. `run.sharedPrefixTokens` says how many tokens
   * came from there, `model.deviceMemory().prefixes` what is held. Default 0: nothing.
   */
  readonly prefixCacheBytes?: number;
  /** Default "auto": matrices as the checkpoint stores them. "f32" widens exactly; "bf16" and "f16" round. */
  readonly dtype?: WeightDType;
  /** Default: the listener of the surroundings, which in a notebook shows a bar after a second. */
  readonly onProgress?: ProgressListener;
  /** Ends the download and the loading; loadModel then throws AbortedError. */
  readonly signal?: AbortSignal;
}

const LOAD_MODEL_OPTIONS: OptionNames<LoadModelOptions> = {
  backend: true,
  threads: true,
  arithmetic: true,
  expertCacheBytes: true,
  prefixCacheBytes: true,
  dtype: true,
  onProgress: true,
  signal: true,
};

/**
 * Loads a model: a bundled one ("tiny"), a folder in Hugging Face's layout, a GGUF file, or a repository id of the hub.
 * Weights are streamed from disk a few megabytes at a time. A checkpoint whose tokenizer is not understood takes token ids: what is
 * wrong with it is thrown where text is given.
 * @throws ConfigError ERR_MODEL_NOT_FOUND, ERR_ARCHITECTURE, ERR_CONFIG; WeightsError ERR_WEIGHTS_MISSING,
 * ERR_WEIGHTS_TRUNCATED, ERR_TENSOR_MISSING, ERR_TENSOR_SHAPE; BackendError ERR_NO_ADAPTER, ERR_THREADS, ERR_OUT_OF_MEMORY;
 * AbortedError ERR_ABORTED; InputError ERR_OPTION
 */
export async function loadModel(
  nameOrFolderOrId: string,
  options: LoadModelOptions = {},
): Promise<Model> {
  checkOptions("loadModel", options, LOAD_MODEL_OPTIONS);
  checkSignals("loadModel", options);
  const { onProgress = ambientProgressListener(), signal } = options;
  const { name, location } = await resolveModel(nameOrFolderOrId, { onProgress, signal });
  const gguf = location.endsWith(".gguf") ? await openGguf(location, name) : null;
  const stored = gguf ?? (await openCheckpoint(location, name));
  try {
    const checkpoint = castCheckpoint(stored, options.dtype);
    normalizeConfig(checkpoint.config); // refuse before a device is opened
    const tokenizer = gguf ? tokenizerOf(gguf) : await tokenizerOrError(location);
    const { backend, reason } = await openBackend(options.backend, {
      threads: options.threads,
      arithmetic: options.arithmetic,
      expertCacheBytes: options.expertCacheBytes,
    });
    try {
      return await createModel(checkpoint, {
        ...(tokenizer instanceof ConfigError
          ? { tokenizer: null, tokenizerError: tokenizer }
          : { tokenizer }),
        backend,
        backendReason: reason,
        saveRun,
        prefixCacheBytes: options.prefixCacheBytes,
        onProgress,
        signal,
      });
    } catch (error) {
      backend.dispose();
      throw error;
    }
  } finally {
    await stored.close();
  }
}

/** A file whose tokenizer is not understood still takes token ids. */
function tokenizerOf({ name, metadata, config }: GgufCheckpoint): Tokenizer | ConfigError {
  try {
    const files = ggufTokenizer(metadata);
    if (files !== null) return new Tokenizer({ ...files, config });
    return new ConfigError(
      "ERR_TOKENIZER_MISSING",
      `${name}: expected a vocabulary in tokenizer.ggml.tokens, got none. Use a file that holds one.`,
    );
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** A checkpoint whose tokenizer is not run here still takes token ids. */
async function tokenizerOrError(folder: string): Promise<Tokenizer | ConfigError> {
  try {
    return await loadTokenizer(folder);
  } catch (error) {
    if (error instanceof ConfigError && error.code.startsWith("ERR_TOKENIZER")) return error;
    throw error;
  }
}
