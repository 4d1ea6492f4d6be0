import { fileURLToPath } from "node:url";
import type { Backend, BackendName } from "../../engine/backend/backend.ts";
import { type CreateModelOptions, createModel } from "../../engine/createModel.ts";
import { ModelDevice } from "../../engine/execute/modelDevice.ts";
import { loadWeights } from "../../engine/model/loadWeights.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { Model } from "../../engine/model.ts";
import { compilePlan } from "../../engine/plan/compilePlan.ts";
import { loadTokenizer } from "../../engine/tokenizer/loadTokenizer.node.ts";
import { openCheckpoint } from "../../engine/weights/openCheckpoint.node.ts";
import { MIXED_IDS, MIXED_SPEC, mixedWeights } from "../fixtures/mixedModel.ts";
import { readNpy } from "../fixtures/readNpy.ts";
import { lendBackend } from "./lendBackend.ts";

export const FIXTURES = [
  "deepseek_v2",
  "deepseek_v2_lite",
  "deepseek_v3",
  "deepseek_v3_mscale707",
  "deepseek_v3_norope_scaling_qproj",
  "deepseek_v32",
  "glm4_moe",
  "glm4_moe_lite",
  "gpt2",
  "gpt2_layer_scale",
  "gpt_oss",
  "kimi_k2",
  "mistral",
  "mixtral",
  "olmoe",
  "qwen2",
  "qwen3",
  "qwen3_moe",
  "smollm3",
  "llama3",
] as const;

export function fixtureFolder(name: string): string {
  return fileURLToPath(new URL(`../fixtures/hf-random/${name}/`, import.meta.url));
}

export const tinyFolder = fileURLToPath(new URL("../../models/tiny/", import.meta.url));

/** Stands among the fixtures for the model of test/fixtures/mixedModel.ts, which has no checkpoint. */
export const MIXED = "mixed";

/** A prompt of 40 tokens for a fixture. */
export function promptOf(name: string): number[] {
  return name === MIXED ? [...MIXED_IDS] : expected(name).ids;
}

/** Ids, logits and layer 0's attention as transformers computed them in f32. */
export function expected(name: string) {
  const read = (file: string) => readNpy(`${fixtureFolder(name)}${file}.npy`);
  return { ids: [...read("ids").data], logits: read("logits"), pattern: read("attn0") };
}

/** A model and the backend it owns, so that a test can count what is left. */
export async function openModel(
  backendName: BackendName,
  folder: string,
  options: Pick<CreateModelOptions, "prefixCacheBytes"> = {},
): Promise<{ model: Model; backend: Backend }> {
  if (folder === fixtureFolder(MIXED)) return openMixed(await lendBackend(backendName), options);
  const checkpoint = await openCheckpoint(folder);
  try {
    const backend = await lendBackend(backendName);
    const tokenizer = folder === tinyFolder ? await loadTokenizer(folder) : null;
    return { model: await createModel(checkpoint, { tokenizer, backend, ...options }), backend };
  } finally {
    await checkpoint.close();
  }
}

/** The weights on a device, for tests that drive an execution themselves. */
export async function openDevice(backendName: BackendName, folder: string): Promise<ModelDevice> {
  if (folder === fixtureFolder(MIXED)) {
    const backend = await lendBackend(backendName);
    const weights = mixedWeights(backend);
    return new ModelDevice({ backend, spec: MIXED_SPEC, weights, assertLive: () => undefined });
  }
  const checkpoint = await openCheckpoint(folder);
  try {
    const backend = await lendBackend(backendName);
    const spec = normalizeConfig(checkpoint.config);
    const { weights } = await loadWeights(checkpoint, compilePlan(spec), backend);
    return new ModelDevice({ backend, spec, weights, assertLive: () => undefined });
  } finally {
    await checkpoint.close();
  }
}

function openMixed(
  backend: Backend,
  options: Pick<CreateModelOptions, "prefixCacheBytes">,
): { model: Model; backend: Backend } {
  const model = new Model({
    ...{ name: MIXED, location: MIXED, hash: "0", backend, backendReason: "asked for" },
    ...{ spec: MIXED_SPEC, weights: mixedWeights(backend), widenedWeights: new Map() },
    ...{ ignoredTensors: [], tokenizer: null, eosIds: [] },
    generationConfig: { name: "generation_config.json", fields: {} },
    ...options,
  });
  return { model, backend };
}
