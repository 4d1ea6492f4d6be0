import { basename, resolve } from "node:path";
import { ConfigError, WeightsError } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import type { Checkpoint, TensorEntry } from "../checkpoint.ts";
import type { CheckpointFile } from "../checkpointFile.node.ts";
import { TensorDirectory } from "../tensorDirectory.ts";
import { ggufConfig } from "./ggufConfig.ts";
import type { GgufDerivation } from "./ggufDerivation.ts";
import { ggufGeneration } from "./ggufGeneration.ts";
import { GgufMetadata } from "./ggufMetadata.ts";
import { ggufNames, ROPE_FACTORS } from "./ggufNames.ts";
import { type GgufFiles, openGgufFiles } from "./openGgufFiles.node.ts";
import type { GgufTensor } from "./parseGguf.ts";
import { parseShardName } from "./shardName.ts";

/** GGUF files as a checkpoint under Hugging Face's names, and what their metadata say of the tokenizer. */
export interface GgufCheckpoint extends Checkpoint {
  readonly metadata: GgufMetadata;
  /** Names of all files, whether they hold tensors or not. */
  readonly files: readonly string[];
}

/**
 * Opens a GGUF file, or a model in several by any of them: metadata and directories are read, tensors are not.
 * @throws WeightsError ERR_WEIGHTS_MISSING, ERR_WEIGHTS_READ, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_TRUNCATED, ERR_TENSOR_DTYPE
 * @throws ConfigError ERR_ARCHITECTURE, ERR_CONFIG
 */
export async function openGguf(path: string, name = modelName(path)): Promise<GgufCheckpoint> {
  const opened = await openGgufFiles(path);
  try {
    const { tensors } = opened;
    const [first] = opened.files;
    const metadata = new GgufMetadata(opened, first?.name ?? name);
    const factors = tensors.get(ROPE_FACTORS);
    const config = ggufConfig(
      metadata,
      (tensor) => tensors.has(tensor),
      tensors.get("token_embd.weight")?.shape[0] ?? 0,
      factors ? await readFactors(opened.files, factors) : null,
    );
    const nLayers = Number(config.num_hidden_layers);
    if (nLayers > Math.max(tensors.size, UNSUSPICIOUS_LAYERS))
      throw new ConfigError(
        "ERR_CONFIG",
        `${first?.name}: expected tensors for each of ${nLayers} layers, got ${tensors.size} tensors in all. The file is damaged; download it again.`,
      );
    return new GgufModel({ name, path, opened, metadata, config });
  } catch (error) {
    await Promise.all(opened.files.map((file) => file.close()));
    throw error;
  }
}

/** More layers than any published model has; a plan of that many takes some 10 MB. */
const UNSUSPICIOUS_LAYERS = 512;

function modelName(path: string): string {
  return parseShardName(basename(path))?.prefix ?? basename(path, ".gguf");
}

async function readFactors(
  files: readonly CheckpointFile[],
  { type, file, byteOffset, byteLength }: GgufTensor,
): Promise<Float32Array> {
  if (type !== "F32")
    throw new WeightsError(
      "ERR_TENSOR_DTYPE",
      `${ROPE_FACTORS}: expected dtype F32, got ${type} in ${file}. Convert the model again.`,
    );
  const bytes = new Uint8Array(byteLength);
  await files.find(({ name }) => name === file)?.read(bytes, byteOffset);
  return new Float32Array(bytes.buffer);
}

interface GgufParts {
  readonly name: string;
  readonly path: string;
  readonly opened: GgufFiles;
  readonly metadata: GgufMetadata;
  readonly config: JsonObject;
}

class GgufModel implements GgufCheckpoint {
  readonly name: string;
  readonly location: string;
  readonly config: JsonObject;
  readonly generationConfig: JsonObject;
  readonly metadata: GgufMetadata;
  readonly files: readonly string[];
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly hash: string;
  readonly totalParameters: number;
  readonly sizeBytes: number;
  readonly #files: ReadonlyMap<string, CheckpointFile>;
  readonly #directory: TensorDirectory;
  readonly #derivations = new Map<string, GgufDerivation>();

  constructor({ name, path, opened, metadata, config }: GgufParts) {
    this.name = name;
    this.location = resolve(path);
    this.config = config;
    this.generationConfig = ggufGeneration(metadata);
    this.metadata = metadata;
    this.hash = opened.hash;
    this.files = opened.files.map((file) => file.name);
    this.#files = new Map(opened.files.map((file) => [file.name, file]));
    const tensors = new Map<string, TensorEntry>();
    for (const [tensor, source] of ggufNames(opened.tensors, metadata)) {
      const { type, derivation, ...rest } = source;
      tensors.set(tensor, { ...rest, dtype: type });
      if (derivation !== null) this.#derivations.set(tensor, derivation);
    }
    this.#directory = new TensorDirectory(name, tensors);
    this.tensors = tensors;
    this.totalParameters = this.#directory.totalParameters;
    this.sizeBytes = this.#directory.sizeBytes;
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
    const { file, byteOffset, byteLength } = this.#directory.entryWith(
      name,
      byteStart,
      target.length,
    );
    const derivation = this.#derivations.get(name);
    if (derivation === undefined) await this.#files.get(file)?.read(target, byteOffset + byteStart);
    else await this.#derive(derivation, byteLength / derivation.pieces, byteStart, target);
  }

  /** Makes the pieces that a range of a derived tensor lies in, each of `pieceBytes`. */
  async #derive(
    { parts, pieces, make }: GgufDerivation,
    pieceBytes: number,
    byteStart: number,
    target: Uint8Array,
  ): Promise<void> {
    const first = Math.floor(byteStart / pieceBytes);
    const end = Math.min(pieces, Math.ceil((byteStart + target.length) / pieceBytes));
    const read = parts.map(async ({ file, byteOffset, byteLength }) => {
      const each = byteLength / pieces;
      const bytes = new Uint8Array((end - first) * each);
      await this.#files.get(file)?.read(bytes, byteOffset + first * each);
      return bytes;
    });
    const made = make(await Promise.all(read), end - first);
    const from = byteStart - first * pieceBytes;
    target.set(made.subarray(from, from + target.length));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files.values()].map((file) => file.close()));
  }
}
