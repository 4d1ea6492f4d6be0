import { WeightsError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { Checkpoint, TensorEntry } from "./checkpoint.ts";
import { parseSafetensorsHeader, safetensorsHeaderBytes } from "./safetensors.ts";
import { TensorDirectory } from "./tensorDirectory.ts";

/** A checkpoint's files as a page has them once it has fetched them. */
export interface MemoryCheckpointParts {
  readonly name: string;
  /** Where it came from, in words. */
  readonly location: string;
  /** As `Checkpoint.hash` says; told by who fetched the files, since pages without TLS have no sha256. */
  readonly hash: string;
  readonly config: JsonObject;
  readonly generationConfig: JsonObject;
  /** The bytes of the one safetensors file, and what errors call it. */
  readonly weights: Uint8Array<ArrayBuffer>;
  readonly file: string;
}

/** A checkpoint of one safetensors file that lies in memory. */
export class MemoryCheckpoint implements Checkpoint {
  readonly name: string;
  readonly location: string;
  readonly hash: string;
  readonly config: JsonObject;
  readonly generationConfig: JsonObject;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly totalParameters: number;
  readonly sizeBytes: number;
  readonly #directory: TensorDirectory;
  #weights: Uint8Array<ArrayBuffer> | null;

  /** @throws WeightsError ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_TRUNCATED */
  constructor(parts: MemoryCheckpointParts) {
    const { name, location, hash, config, generationConfig, weights, file } = parts;
    const headerBytes = safetensorsHeaderBytes(weights.subarray(0, 8), weights.length, file);
    const header = parseSafetensorsHeader(weights.slice(0, headerBytes), weights.length, file);
    const entries = [...header.tensors].map(
      ([tensor, place]) => [tensor, { ...place, file }] as const,
    );
    this.#directory = new TensorDirectory(name, new Map(entries));
    this.#weights = weights;
    this.name = name;
    this.location = location;
    this.hash = hash;
    this.config = config;
    this.generationConfig = generationConfig;
    this.tensors = this.#directory.entries;
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
    return this.#bytes(name, byteStart, byteLength).slice();
  }

  async readInto(name: string, byteStart: number, target: Uint8Array): Promise<void> {
    target.set(this.#bytes(name, byteStart, target.length));
  }

  async close(): Promise<void> {
    this.#weights = null;
  }

  #bytes(name: string, byteStart: number, byteLength: number): Uint8Array<ArrayBuffer> {
    const { byteOffset } = this.#directory.entryWith(name, byteStart, byteLength);
    const weights = this.#weights;
    if (weights === null)
      throw new WeightsError(
        "ERR_WEIGHTS_READ",
        `${name}: expected an open checkpoint, got one that was closed. Fetch it again.`,
      );
    return weights.subarray(byteOffset + byteStart, byteOffset + byteStart + byteLength);
  }
}
