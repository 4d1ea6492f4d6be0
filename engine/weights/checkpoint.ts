import type { JsonObject } from "../base/json.ts";
import type { GgufType } from "./gguf/ggufTypes.ts";
import type { SafetensorsDType } from "./safetensors.ts";

/** Where one tensor lies on disk. */
export interface TensorEntry {
  readonly dtype: SafetensorsDType | GgufType;
  readonly shape: readonly number[];
  /** File name inside the checkpoint, e.g. "model-00001-of-00004.safetensors". */
  readonly file: string;
  /** From the start of the file, header included. */
  readonly byteOffset: number;
  readonly byteLength: number;
}

/**
 * A checkpoint on disk (or anywhere else): its configuration, the directory of its tensors, and a way to read
 * them piece by piece. Opening reads headers only; tensor bytes are read when asked for.
 */
export interface Checkpoint {
  /** Name of the folder or of the repository. */
  readonly name: string;
  /** The folder, in words a user recognises. */
  readonly location: string;
  /** config.json. */
  readonly config: JsonObject;
  /** generation_config.json; empty where there is none. */
  readonly generationConfig: JsonObject;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** sha256 (hex) over config.json and every weight file's name, size and header: names the checkpoint. */
  readonly hash: string;
  /** Elements of all tensors as stored: tied weights once, multi-token-prediction layers included. */
  readonly totalParameters: number;
  /** Of all tensors. */
  readonly sizeBytes: number;

  /**
   * All bytes of one tensor, little-endian, at offset 0 of a buffer of its own (so any typed array can view it).
   * @throws WeightsError ERR_TENSOR_MISSING, ERR_WEIGHTS_TRUNCATED, ERR_WEIGHTS_READ
   */
  readTensor(name: string): Promise<Uint8Array<ArrayBuffer>>;

  /** `byteLength` bytes of one tensor from `byteStart` of its data: for tensors too big to hold whole. */
  readRange(name: string, byteStart: number, byteLength: number): Promise<Uint8Array<ArrayBuffer>>;

  /** Fills `target` with the tensor's bytes from `byteStart` on; `target` may lie in shared memory. */
  readInto(name: string, byteStart: number, target: Uint8Array): Promise<void>;

  /** Closes the files; reading afterwards throws ERR_WEIGHTS_READ. Calling it twice is fine. */
  close(): Promise<void>;
}
