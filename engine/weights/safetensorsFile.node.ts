import { type FileHandle, open } from "node:fs/promises";
import { basename } from "node:path";
import { WeightsError } from "../errors.ts";
import { fillFrom } from "./fillFrom.node.ts";
import {
  parseSafetensorsHeader,
  type SafetensorsHeader,
  safetensorsHeaderBytes,
} from "./safetensors.ts";

/** An open safetensors file: its header in memory, its data on disk. */
export class SafetensorsFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly header: SafetensorsHeader;
  /** The first `header.dataStart` bytes, as they are on disk. */
  readonly headerBytes: Uint8Array;
  readonly #handle: FileHandle;
  #closed = false;

  private constructor(
    name: string,
    sizeBytes: number,
    headerBytes: Uint8Array,
    handle: FileHandle,
  ) {
    this.name = name;
    this.sizeBytes = sizeBytes;
    this.headerBytes = headerBytes;
    this.header = parseSafetensorsHeader(headerBytes, sizeBytes, name);
    this.#handle = handle;
  }

  /** @throws WeightsError ERR_WEIGHTS_MISSING, ERR_WEIGHTS_READ, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_TRUNCATED */
  static async open(path: string): Promise<SafetensorsFile> {
    const name = basename(path);
    let handle: FileHandle;
    try {
      handle = await open(path, "r");
    } catch (cause) {
      const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
      throw new WeightsError(
        missing ? "ERR_WEIGHTS_MISSING" : "ERR_WEIGHTS_READ",
        missing
          ? `${name}: expected the file at ${path}, got nothing there. Download the checkpoint again.`
          : `${name}: expected a readable file, got "${messageOf(cause)}". Check its permissions.`,
        { cause },
      );
    }
    try {
      const { size } = await handle.stat();
      const start = new Uint8Array(8);
      await fillFrom(handle, start.subarray(0, Math.min(8, size)), 0, name, size);
      const headerBytes = new Uint8Array(safetensorsHeaderBytes(start, size, name));
      await fillFrom(handle, headerBytes, 0, name, size);
      return new SafetensorsFile(name, size, headerBytes, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Fills `target` with the file's bytes from `position` on. */
  async read(target: Uint8Array, position: number): Promise<void> {
    if (this.#closed)
      throw new WeightsError(
        "ERR_WEIGHTS_READ",
        `${this.name}: expected an open checkpoint, got a closed one. Read tensors before close().`,
      );
    await fillFrom(this.#handle, target, position, this.name, this.sizeBytes);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
