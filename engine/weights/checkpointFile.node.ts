import { type FileHandle, open } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { WeightsError } from "../base/errors.ts";
import { fillFrom } from "./fillFrom.node.ts";
import { ReadAhead } from "./readAhead.ts";

/** An open file of weights, read by place. */
export class CheckpointFile {
  /** What to call it: its path from the checkpoint's folder, by default without any folder. */
  readonly name: string;
  readonly sizeBytes: number;
  readonly #handle: FileHandle;
  readonly #bytes: ReadAhead;
  #closed = false;

  private constructor(name: string, sizeBytes: number, handle: FileHandle) {
    this.name = name;
    this.sizeBytes = sizeBytes;
    this.#handle = handle;
    this.#bytes = new ReadAhead(
      (target, position) => fillFrom(handle, target, position, name, sizeBytes),
      sizeBytes,
    );
  }

  /** @throws WeightsError ERR_WEIGHTS_MISSING, ERR_WEIGHTS_READ */
  static async open(path: string, name = basename(path)): Promise<CheckpointFile> {
    let handle: FileHandle;
    try {
      handle = await open(path, "r");
    } catch (cause) {
      const missing = (cause as NodeJS.ErrnoException).code === "ENOENT";
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new WeightsError(
        missing ? "ERR_WEIGHTS_MISSING" : "ERR_WEIGHTS_READ",
        missing
          ? `${name}: expected the file at ${resolve(path)}, got nothing there. Check the path, or download the checkpoint again.`
          : `${name}: expected a readable file, got "${message}". Check its permissions.`,
        { cause },
      );
    }
    try {
      return new CheckpointFile(name, (await handle.stat()).size, handle);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Fills `target` with the file's bytes from `position` on. @throws WeightsError ERR_WEIGHTS_READ, ERR_WEIGHTS_TRUNCATED */
  async read(target: Uint8Array, position: number): Promise<void> {
    if (this.#closed)
      throw new WeightsError(
        "ERR_WEIGHTS_READ",
        `${this.name}: expected an open checkpoint, got a closed one. Read tensors before close().`,
      );
    await this.#bytes.read(target, position);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#handle.close();
  }
}
