import { CheckpointFile } from "./checkpointFile.node.ts";
import {
  parseSafetensorsHeader,
  type SafetensorsHeader,
  safetensorsHeaderBytes,
} from "./safetensors.ts";

/** An open safetensors file: its header in memory, its data on disk. */
export class SafetensorsFile {
  readonly header: SafetensorsHeader;
  /** The first `header.dataStart` bytes, as they are on disk. */
  readonly headerBytes: Uint8Array;
  readonly #file: CheckpointFile;

  private constructor(file: CheckpointFile, headerBytes: Uint8Array) {
    this.#file = file;
    this.headerBytes = headerBytes;
    this.header = parseSafetensorsHeader(headerBytes, file.sizeBytes, file.name);
  }

  get name(): string {
    return this.#file.name;
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes;
  }

  /** @throws WeightsError ERR_WEIGHTS_MISSING, ERR_WEIGHTS_READ, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_TRUNCATED */
  static async open(path: string, name?: string): Promise<SafetensorsFile> {
    const file = await CheckpointFile.open(path, name);
    try {
      const start = new Uint8Array(8);
      await file.read(start.subarray(0, Math.min(8, file.sizeBytes)), 0);
      const headerBytes = new Uint8Array(safetensorsHeaderBytes(start, file.sizeBytes, file.name));
      await file.read(headerBytes, 0);
      return new SafetensorsFile(file, headerBytes);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Fills `target` with the file's bytes from `position` on. */
  async read(target: Uint8Array, position: number): Promise<void> {
    await this.#file.read(target, position);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
