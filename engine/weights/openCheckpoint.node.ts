import { createHash } from "node:crypto";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { ConfigError, WeightsError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { Checkpoint, TensorEntry } from "./checkpoint.ts";
import { readJson } from "./readJson.node.ts";
import { SafetensorsFile } from "./safetensorsFile.node.ts";
import { parseShardIndex } from "./shardIndex.ts";
import { TensorDirectory } from "./tensorDirectory.ts";

export const SINGLE_FILE = "model.safetensors";
export const SHARD_INDEX = "model.safetensors.index.json";
const ADAPTER = "adapter_model.safetensors";
const ADAPTER_CONFIG = "adapter_config.json";

/**
 * Opens a folder with config.json and safetensors weights, in one file or in shards with an index. Reads headers only;
 * memory grows with the number of tensors, not with their size.
 * @param name what to call the checkpoint; the folder's own name by default
 * @throws ConfigError ERR_CONFIG_MISSING, ERR_JSON
 * @throws WeightsError ERR_WEIGHTS_MISSING, ERR_WEIGHTS_READ, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_TRUNCATED
 */
export async function openCheckpoint(
  folder: string,
  name: string = basename(resolve(folder)),
): Promise<Checkpoint> {
  const config = await readJson(join(folder, "config.json"));
  if (config === null) {
    const names = await allNames(folder);
    if (names.some((name) => name === ADAPTER_CONFIG || name.endsWith("/config.json")))
      throw await whyNoWeights(folder);
    throw new ConfigError(
      "ERR_CONFIG_MISSING",
      `config.json: expected the file in ${folder}, got nothing there. Pass the folder of a Hugging Face checkpoint.`,
    );
  }
  const generationConfig = await readJson(join(folder, "generation_config.json"));
  const files: SafetensorsFile[] = [];
  try {
    const tensors = await openWeights(folder, files);
    return new FolderCheckpoint({
      name,
      location: folder,
      config: config.json,
      generationConfig: generationConfig?.json ?? {},
      hash: hashOf(config.text, files),
      tensors,
      files,
    });
  } catch (error) {
    await Promise.all(files.map((file) => file.close()));
    throw error;
  }
}

/** Adds every file it opens to `files`. */
async function openWeights(
  folder: string,
  files: SafetensorsFile[],
): Promise<Map<string, TensorEntry>> {
  const names = await readdir(folder);
  const single = names.includes(SINGLE_FILE) ? SINGLE_FILE : otherSingleFile(names);
  if (single !== null) {
    files.push(await SafetensorsFile.open(join(folder, single)));
    return entriesOf(files, null);
  }
  const index = await readJson(join(folder, SHARD_INDEX));
  if (index === null) throw await whyNoWeights(folder);
  const shardOf = parseShardIndex(index.json, SHARD_INDEX);
  const shards = [...new Set(shardOf.values())].sort();
  const missing: string[] = [];
  for (const shard of shards)
    if ((await stat(join(folder, shard)).catch(() => null)) === null) missing.push(shard);
  if (missing.length > 0)
    throw new WeightsError(
      "ERR_WEIGHTS_MISSING",
      `${missing[0]}: expected ${shards.length} shards in ${folder}, got ${shards.length - missing.length}; missing: ${missing.slice(0, 5).join(", ")}${missing.length > 5 ? ", ..." : ""}. ${elsewhere(missing, await allNames(folder)) ?? "Download the missing files."}`,
    );
  for (const shard of shards) files.push(await SafetensorsFile.open(join(folder, shard), shard));
  return entriesOf(files, shardOf);
}

async function whyNoWeights(folder: string): Promise<WeightsError> {
  const adapter = await readJson(join(folder, ADAPTER_CONFIG));
  return missingWeights(folder, await allNames(folder), adapter?.json ?? null);
}

/** Files of a folder and of those below it, with "/" between. */
async function allNames(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.map((name) => name.split(sep).join("/"));
}

/** Shards that lie in another folder than the index says. */
function elsewhere(missing: readonly string[], names: readonly string[]): string | null {
  const found = names.find((name) => name.endsWith(`/${missing[0]}`));
  return found === undefined
    ? null
    : `${found} is there: move the shards beside ${SHARD_INDEX}, or that beside the shards.`;
}

/** The one weight file of a folder under another name than usual, such as pytorch_model.safetensors; null where there is none, a choice, or an index. */
export function otherSingleFile(names: readonly string[]): string | null {
  if (names.includes(SHARD_INDEX) || names.includes(SINGLE_FILE)) return null;
  const files = names.filter((name) => /^[^/]*[._-]model\.safetensors$/.test(name));
  return files.length === 1 && files[0] !== ADAPTER ? (files[0] ?? null) : null;
}

/** Where an index is given, it decides which file a tensor is read from, and what it does not list is left out. */
function entriesOf(
  files: readonly SafetensorsFile[],
  shardOf: ReadonlyMap<string, string> | null,
): Map<string, TensorEntry> {
  const entries = new Map<string, TensorEntry>();
  for (const { name: file, header } of files)
    for (const [tensor, place] of header.tensors)
      if (shardOf === null || shardOf.get(tensor) === file) entries.set(tensor, { ...place, file });
  for (const [tensor, shard] of shardOf ?? [])
    if (!entries.has(tensor))
      throw new WeightsError(
        "ERR_TENSOR_MISSING",
        `${shard}: expected tensor ${JSON.stringify(tensor)}, as ${SHARD_INDEX} says, got a file without it. The index and the shards are of different checkpoints; download both again.`,
      );
  return entries;
}

/**
 * Says what lies in a place without the weights of a model, and what to do with it.
 * @param names of files, with their folders
 * @param adapter its adapter_config.json, where it has one
 */
export function missingWeights(
  place: string,
  names: readonly string[],
  adapter: JsonObject | null,
): WeightsError {
  const other = names.filter((name) => /\.(bin|pth?|gguf|safetensors|ckpt|h5|onnx)$/.test(name));
  const below = names.find((name) => /\/model\.safetensors(\.index\.json)?$/.test(name));
  const parts = other.filter((name) => /^[^/]*-\d{5}-of-\d{5}\.safetensors$/.test(name));
  const got = other.length > 0 ? `only ${other.slice(0, 4).join(", ")}` : "neither";
  const base = adapter?.base_model_name_or_path;
  let fix = "Convert the weights with transformers' save_pretrained.";
  if (names.includes(ADAPTER) || names.includes(ADAPTER_CONFIG))
    fix = `This is an adapter (LoRA), not a model: merge it into ${typeof base === "string" ? base : "the model it was trained on"} with peft's merge_and_unload, save that with save_pretrained, and load the result.`;
  else if (below !== undefined)
    fix = `Weights lie in ${dirname(below)}: pass that folder (of a repository: download it with \`hf download\` first).`;
  else if (parts.length > 0)
    fix = `Shards are there, but not ${SHARD_INDEX}, which says what they hold: download it too.`;
  else if (other.length === 0) fix = "Download the weights into this folder.";
  return new WeightsError(
    "ERR_WEIGHTS_MISSING",
    `${place}: expected ${SINGLE_FILE} or ${SHARD_INDEX}, got ${got}. ${fix}`,
  );
}

function hashOf(config: string, files: readonly SafetensorsFile[]): string {
  const hash = createHash("sha256").update(config);
  for (const { name, sizeBytes, headerBytes } of files)
    hash.update(`\n${name} ${sizeBytes}\n`).update(headerBytes);
  return hash.digest("hex");
}

interface CheckpointParts {
  readonly name: string;
  readonly location: string;
  readonly config: JsonObject;
  readonly generationConfig: JsonObject;
  readonly hash: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly files: readonly SafetensorsFile[];
}

class FolderCheckpoint implements Checkpoint {
  readonly name: string;
  readonly location: string;
  readonly config: JsonObject;
  readonly generationConfig: JsonObject;
  readonly hash: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly totalParameters: number;
  readonly sizeBytes: number;
  readonly #directory: TensorDirectory;
  readonly #files: ReadonlyMap<string, SafetensorsFile>;

  constructor(parts: CheckpointParts) {
    this.name = parts.name;
    this.location = parts.location;
    this.config = parts.config;
    this.generationConfig = parts.generationConfig;
    this.hash = parts.hash;
    this.#directory = new TensorDirectory(parts.name, parts.tensors);
    this.tensors = parts.tensors;
    this.totalParameters = this.#directory.totalParameters;
    this.sizeBytes = this.#directory.sizeBytes;
    this.#files = new Map(parts.files.map((file) => [file.name, file]));
  }

  async readTensor(name: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.readRange(name, 0, this.#directory.entry(name).byteLength);
  }

  async readRange(
    name: string,
    byteStart: number,
    byteLength: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    this.#directory.entryWith(name, byteStart, byteLength);
    const bytes = new Uint8Array(byteLength);
    await this.readInto(name, byteStart, bytes);
    return bytes;
  }

  async readInto(name: string, byteStart: number, target: Uint8Array): Promise<void> {
    const entry = this.#directory.entryWith(name, byteStart, target.length);
    await this.#files.get(entry.file)?.read(target, entry.byteOffset + byteStart);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }
}
