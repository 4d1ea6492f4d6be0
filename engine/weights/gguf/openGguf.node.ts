import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { ConfigError, InputError, WeightsError } from "../../errors.ts";
import type { Checkpoint, JsonObject, TensorEntry } from "../checkpoint.ts";
import { fillFrom } from "../fillFrom.node.ts";
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
  const file = basename(path);
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
    throw new WeightsError(
      missing ? "ERR_WEIGHTS_MISSING" : "ERR_WEIGHTS_READ",
      `${file}: expected a readable file at ${resolve(path)}, got "${cause instanceof Error ? cause.message : cause}". Check the path and its permissions.`,
      { cause },
    );
  }
  try {
    const { size } = await handle.stat();
    const { header, hash } = await readHeader(handle, size, file);
    const metadata = new GgufMetadata(header, file);
    if (metadata.number("split.count", 1) > 1)
      throw new ConfigError(
        "ERR_CONFIG",
        `${file}: expected a file that is whole, got one of ${metadata.number("split.count")} parts. Join them with llama.cpp's gguf-split.`,
      );
    const factors = header.tensors.get(ROPE_FACTORS);
    const config = ggufConfig(
      metadata,
      !header.tensors.has("output.weight"),
      header.tensors.get("token_embd.weight")?.shape[0] ?? 0,
      factors ? await readFactors(handle, factors, file, size) : null,
    );
    return new GgufFile({ name, path, file, handle, size, header, metadata, config, hash });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const FIRST_READ_BYTES = 2 ** 20;

/** Reads four times as much until the header is whole. */
async function readHeader(
  handle: FileHandle,
  size: number,
  file: string,
): Promise<{ header: GgufHeader; hash: string }> {
  for (let wanted = FIRST_READ_BYTES; ; wanted *= 4) {
    const bytes = new Uint8Array(Math.min(wanted, size));
    await fillFrom(handle, bytes, 0, file, size);
    const header = parseGguf(bytes, size, file);
    if (header === null) continue;
    const hash = createHash("sha256")
      .update(`${size}\n`)
      .update(bytes.subarray(0, header.headerBytes));
    return { header, hash: hash.digest("hex") };
  }
}

async function readFactors(
  handle: FileHandle,
  { type, byteOffset, byteLength }: GgufTensor,
  file: string,
  size: number,
): Promise<Float32Array> {
  if (type !== "F32")
    throw new WeightsError(
      "ERR_TENSOR_DTYPE",
      `${ROPE_FACTORS}: expected dtype F32, got ${type} in ${file}. Convert the model again.`,
    );
  const bytes = new Uint8Array(byteLength);
  await fillFrom(handle, bytes, byteOffset, file, size);
  return new Float32Array(bytes.buffer);
}

interface GgufParts {
  readonly name: string;
  readonly path: string;
  readonly file: string;
  readonly handle: FileHandle;
  readonly size: number;
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
  readonly #parts: GgufParts;
  readonly #derivations = new Map<string, GgufDerivation>();
  #closed = false;

  constructor(parts: GgufParts) {
    const { header, metadata, file } = parts;
    this.#parts = parts;
    this.name = parts.name;
    this.location = resolve(parts.path);
    this.config = parts.config;
    this.metadata = metadata;
    this.hash = parts.hash;
    const tensors = new Map<string, TensorEntry>();
    for (const [name, source] of ggufNames(header.tensors, metadata)) {
      const { type, derivation, ...rest } = source;
      tensors.set(name, { ...rest, dtype: type, file });
      if (derivation !== null) this.#derivations.set(name, derivation);
    }
    this.tensors = tensors;
    const entries = [...tensors.values()];
    this.totalParameters = entries.reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
      0,
    );
    this.sizeBytes = entries.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  async readTensor(name: string): Promise<Uint8Array<ArrayBuffer>> {
    return this.readRange(name, 0, this.#entry(name).byteLength);
  }

  async readRange(
    name: string,
    byteStart: number,
    byteLength: number,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const entry = this.#entry(name);
    if (!(byteStart >= 0 && byteLength >= 0 && byteStart + byteLength <= entry.byteLength))
      throw new InputError(
        "ERR_RANGE",
        `${name}: expected a range within its ${entry.byteLength} bytes, got ${byteLength} bytes from ${byteStart}. Shorten the range.`,
      );
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
    if (this.#closed) return;
    this.#closed = true;
    await this.#parts.handle.close();
  }

  async #bytes(position: number, byteLength: number): Promise<Uint8Array<ArrayBuffer>> {
    const { handle, file, size } = this.#parts;
    if (this.#closed)
      throw new WeightsError(
        "ERR_WEIGHTS_READ",
        `${file}: expected an open checkpoint, got a closed one. Read tensors before close().`,
      );
    const bytes = new Uint8Array(byteLength);
    await fillFrom(handle, bytes, position, file, size);
    return bytes;
  }

  #entry(name: string): TensorEntry {
    const entry = this.tensors.get(name);
    if (entry === undefined)
      throw new WeightsError(
        "ERR_TENSOR_MISSING",
        `${this.name}: expected a tensor named ${JSON.stringify(name)}, got none among ${this.tensors.size}. Look at checkpoint.tensors for the names.`,
      );
    return entry;
  }
}
