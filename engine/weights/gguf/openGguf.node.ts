import { createHash } from "node:crypto";
import { basename, resolve } from "node:path";
import { ConfigError, WeightsError } from "../../errors.ts";
import type { Checkpoint, JsonObject, TensorEntry } from "../checkpoint.ts";
import { CheckpointFile } from "../checkpointFile.node.ts";
import { TensorDirectory } from "../tensorDirectory.ts";
import { ggufConfig } from "./ggufConfig.ts";
import type { GgufDerivation } from "./ggufDerivation.ts";
import { GgufMetadata } from "./ggufMetadata.ts";
import { ggufNames, ROPE_FACTORS } from "./ggufNames.ts";
import { type GgufHeader, type GgufTensor, parseGguf } from "./parseGguf.ts";

/** A GGUF file as a checkpoint under Hugging Face's names, and what its metadata say of the tokenizer. */
export interface GgufCheckpoint extends Checkpoint {
  readonly metadata: GgufMetadata;
}

/**
 * Opens a GGUF file: metadata and directory are read, tensors are not.
 * @throws WeightsError ERR_WEIGHTS_MISSING, ERR_WEIGHTS_READ, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_TRUNCATED, ERR_TENSOR_DTYPE
 * @throws ConfigError ERR_ARCHITECTURE, ERR_CONFIG
 */
export async function openGguf(
  path: string,
  name = basename(path, ".gguf"),
): Promise<GgufCheckpoint> {
  const file = await CheckpointFile.open(path);
  try {
    const { header, hash } = await readHeader(file);
    const metadata = new GgufMetadata(header, file.name);
    if (metadata.number("split.count", 1) > 1)
      throw new ConfigError(
        "ERR_CONFIG",
        `${file.name}: expected a file that is whole, got one of ${metadata.number("split.count")} parts. Join them with llama.cpp's gguf-split.`,
      );
    const factors = header.tensors.get(ROPE_FACTORS);
    const config = ggufConfig(
      metadata,
      !header.tensors.has("output.weight"),
      header.tensors.get("token_embd.weight")?.shape[0] ?? 0,
      factors ? await readFactors(file, factors) : null,
    );
    const nLayers = Number(config.num_hidden_layers);
    if (nLayers > Math.max(header.tensors.size, UNSUSPICIOUS_LAYERS))
      throw new ConfigError(
        "ERR_CONFIG",
        `${file.name}: expected tensors for each of ${nLayers} layers, got ${header.tensors.size} tensors in all. The file is damaged; download it again.`,
      );
    return new GgufFile({ name, path, file, header, metadata, config, hash });
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** More layers than any published model has; a plan of that many takes some 10 MB. */
const UNSUSPICIOUS_LAYERS = 512;
const FIRST_READ_BYTES = 2 ** 20;

/** Reads four times as much until the header is whole. */
async function readHeader(file: CheckpointFile): Promise<{ header: GgufHeader; hash: string }> {
  const { name, sizeBytes } = file;
  for (let wanted = FIRST_READ_BYTES; ; wanted *= 4) {
    const bytes = new Uint8Array(Math.min(wanted, sizeBytes));
    await file.read(bytes, 0);
    const header = parseGguf(bytes, sizeBytes, name);
    if (header === null) continue;
    const hash = createHash("sha256")
      .update(`${sizeBytes}\n`)
      .update(bytes.subarray(0, header.headerBytes));
    return { header, hash: hash.digest("hex") };
  }
}

async function readFactors(
  file: CheckpointFile,
  { type, byteOffset, byteLength }: GgufTensor,
): Promise<Float32Array> {
  if (type !== "F32")
    throw new WeightsError(
      "ERR_TENSOR_DTYPE",
      `${ROPE_FACTORS}: expected dtype F32, got ${type} in ${file.name}. Convert the model again.`,
    );
  const bytes = new Uint8Array(byteLength);
  await file.read(bytes, byteOffset);
  return new Float32Array(bytes.buffer);
}

interface GgufParts {
  readonly name: string;
  readonly path: string;
  readonly file: CheckpointFile;
  readonly header: GgufHeader;
  readonly metadata: GgufMetadata;
  readonly config: JsonObject;
  readonly hash: string;
}

class GgufFile implements GgufCheckpoint {
  readonly name: string;
  readonly location: string;
  readonly config: JsonObject;
  readonly generationConfig: JsonObject = {};
  readonly metadata: GgufMetadata;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly hash: string;
  readonly totalParameters: number;
  readonly sizeBytes: number;
  readonly #file: CheckpointFile;
  readonly #directory: TensorDirectory;
  readonly #derivations = new Map<string, GgufDerivation>();

  constructor({ name, path, file, header, metadata, config, hash }: GgufParts) {
    this.name = name;
    this.location = resolve(path);
    this.config = config;
    this.metadata = metadata;
    this.hash = hash;
    this.#file = file;
    const tensors = new Map<string, TensorEntry>();
    for (const [tensor, source] of ggufNames(header.tensors, metadata)) {
      const { type, derivation, ...rest } = source;
      tensors.set(tensor, { ...rest, dtype: type, file: file.name });
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
    const entry = this.#directory.entryWith(name, byteStart, byteLength);
    const derivation = this.#derivations.get(name);
    if (derivation === undefined) return this.#bytes(entry.byteOffset + byteStart, byteLength);
    const parts: Uint8Array[] = [];
    for (const part of derivation.parts)
      parts.push(await this.#bytes(part.byteOffset, part.byteLength));
    const whole = derivation.make(parts);
    return byteLength === whole.length ? whole : whole.slice(byteStart, byteStart + byteLength);
  }

  async readInto(name: string, byteStart: number, target: Uint8Array): Promise<void> {
    target.set(await this.readRange(name, byteStart, target.length));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #bytes(position: number, byteLength: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(byteLength);
    await this.#file.read(bytes, position);
    return bytes;
  }
}
