import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { ConfigError, WeightsError } from "../errors.ts";
import type { Checkpoint, JsonObject, TensorEntry } from "./checkpoint.ts";
import { readJson } from "./readJson.node.ts";
import { SafetensorsFile } from "./safetensorsFile.node.ts";
import { parseShardIndex } from "./shardIndex.ts";
import { TensorDirectory } from "./tensorDirectory.ts";

export const SINGLE_FILE = "model.safetensors";
export const SHARD_INDEX = "model.safetensors.index.json";

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
  if (config === null)
    throw new ConfigError(
      "ERR_CONFIG_MISSING",
      `config.json: expected the file in ${folder}, got nothing there. Pass the folder of a Hugging Face checkpoint.`,
    );
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
  if (names.includes(SINGLE_FILE)) {
    files.push(await SafetensorsFile.open(join(folder, SINGLE_FILE)));
    return entriesOf(files, null);
  }
  const index = await readJson(join(folder, SHARD_INDEX));
  if (index === null) throw missingWeights(folder, names);
  const shardOf = parseShardIndex(index.json, SHARD_INDEX);
  const shards = [...new Set(shardOf.values())].sort();
  const missing = shards.filter((shard) => !names.includes(shard));
  if (missing.length > 0)
    throw new WeightsError(
      "ERR_WEIGHTS_MISSING",
      `${missing[0]}: expected ${shards.length} shards in ${folder}, got ${shards.length - missing.length}; missing: ${missing.slice(0, 5).join(", ")}${missing.length > 5 ? ", ..." : ""}. Download the missing files.`,
    );
  for (const shard of shards) files.push(await SafetensorsFile.open(join(folder, shard)));
  return entriesOf(files, shardOf);
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

function missingWeights(folder: string, names: readonly string[]): WeightsError {
  const other = names.filter((name) => /\.(bin|pth?|gguf|safetensors|ckpt|h5|onnx)$/.test(name));
  return new WeightsError(
    "ERR_WEIGHTS_MISSING",
    `${folder}: expected ${SINGLE_FILE} or ${SHARD_INDEX}, got ${other.length > 0 ? `only ${other.slice(0, 4).join(", ")}` : "neither"}. ${other.length > 0 ? "Convert the weights with transformers' save_pretrained." : "Download the weights into this folder."}`,
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
