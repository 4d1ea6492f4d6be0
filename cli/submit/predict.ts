import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type PreparedTask, prepareTask } from "../../engine/evaluate/preparedTask.ts";
import { generationDefaults } from "../../engine/generate/generationDefaults.ts";
import type { Task } from "../../engine/index.node.ts";
import { normalizeConfig } from "../../engine/model/normalizeConfig.ts";
import { loadTokenizer } from "../../engine/tokenizer/loadTokenizer.node.ts";
import type { DeviceRecord } from "../../engine/trace/schema.ts";
import { readJson } from "../../engine/weights/readJson.node.ts";
import { bundledModels, resolveModel } from "../../engine/weights/resolveModel.node.ts";
import { findConfig } from "../../engine/whatif/findConfig.node.ts";
import type { NamedConfig } from "../../engine/whatif/namedConfig.ts";
import { whatIfOf } from "../../engine/whatif/whatIf.ts";
import type { AskingOptions } from "../askingOptions.ts";
import { countPrompts, type PromptCount } from "./countPrompts.ts";

/** From the shortest that it can be to the longest, at the device's full speed. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

/** What an evaluation will take: computed before it begins, nothing of it measured. */
export interface Prediction {
  readonly samples: number;
  readonly arms: number;
  readonly epochs: number;
  readonly shards: number;
  /** Sequences of all arms and epochs, and the most that a shard has. */
  readonly sequences: number;
  readonly shardSequences: number;
  /** Of all sequences. */
  readonly prompt: PromptCount;
  /** Tokens of a reply at most; 0 where nothing is generated, null where nobody here knows the limit. */
  readonly replyLimit: number | null;
  /** Whether a server computes, of whose speed nothing is known here. */
  readonly isServed: boolean;
  readonly device: DeviceRecord | null;
  /** Of the largest shard. Null without a device, or where the limit or the model's config is not known. */
  readonly shardSeconds: Range | null;
}

export interface PredictOptions extends AskingOptions {
  readonly shards: number;
  /** Null: behind a server. */
  readonly model: string | null;
  readonly device: DeviceRecord | undefined;
  readonly signal: AbortSignal;
}

/** Sequences that `evaluate` has go through the model together. */
const AT_ONCE = 32;

/**
 * Counts what workers will read and may write, and how long that takes a device at least. Of a model on the hub config.json alone is fetched.
 * @throws as `prepareTask`, `findConfig`, `whatIf`
 */
export async function predict(task: Task, options: PredictOptions): Promise<Prediction> {
  const prepared = prepareTask(task);
  const { model, shards, device, epochs = 1, thinking, edits } = options;
  const location = model === null ? null : await localFolder(model);
  const tokenizer = location === null ? null : await loadTokenizer(location);
  const once = countPrompts(prepared, tokenizer);
  const arms = (thinking?.length ?? 1) * (edits === undefined ? 1 : Object.keys(edits).length + 1);
  const times = arms * epochs;
  const perSample = Math.ceil(once.sequences / prepared.samples.length);
  const counts = {
    ...{ samples: prepared.samples.length, arms, epochs, shards },
    sequences: once.sequences * times,
    shardSequences: Math.ceil(prepared.samples.length / shards) * perSample * times,
    prompt: { ...once, tokens: once.tokens * times, sequences: once.sequences * times },
    replyLimit: await replyLimit(prepared, options, location),
  };
  const canTime = device !== undefined && model !== null && counts.replyLimit !== null;
  const found = canTime ? await findConfig(model, { signal: options.signal }) : null;
  return {
    ...counts,
    isServed: model === null,
    device: device ?? null,
    shardSeconds: found && secondsOf(counts, found, options),
  };
}

/** The folder of a model that lies here; null for one of the hub, a GGUF file and a config without weights. */
async function localFolder(model: string): Promise<string | null> {
  const isFolder = await stat(model).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder && !bundledModels().includes(model)) return null;
  const { location } = await resolveModel(model);
  return location.endsWith(".gguf") ? null : location;
}

async function replyLimit(
  { scorer, generation }: PreparedTask,
  { maxTokens }: AskingOptions,
  location: string | null,
): Promise<number | null> {
  if (scorer.kind === "choices") return 0;
  const said = maxTokens ?? generation.maxTokens;
  if (said !== undefined) return said;
  if (location === null) return null;
  for (const name of ["generation_config.json", "config.json"]) {
    const file = await readJson(join(location, name));
    if (file === null) continue;
    return generationDefaults({ name, fields: file.json }, 0).maxTokens;
  }
  return null;
}

type Counted = Pick<Prediction, "shardSequences" | "prompt" | "replyLimit">;

/** Batches one after another, each as long as the mean prompt, with a token a reply and with all that a reply may have. */
function secondsOf(
  { shardSequences, prompt, replyLimit }: Counted,
  found: NamedConfig,
  { device, atOnce = AT_ONCE }: PredictOptions,
): Range | null {
  if (device === undefined || replyLimit === null) return null;
  const { contextLength } = normalizeConfig(found.config);
  const promptTokens = Math.min(Math.ceil(prompt.tokens / prompt.sequences), contextLength);
  const longest = Math.min(replyLimit, contextLength - promptTokens);
  const batch = Math.min(atOnce, shardSequences);
  const seconds = (generatedTokens: number): number => {
    const options = { config: found.config, device, batch };
    const { whole } = whatIfOf({ promptTokens, generatedTokens }, found, options);
    return ((whole.seconds ?? 0) * shardSequences) / batch;
  };
  return { least: seconds(Math.min(1, longest)), most: seconds(longest) };
}
