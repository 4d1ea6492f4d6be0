import { appendFile, open, stat, unlink, writeFile } from "node:fs/promises";
import { basename } from "node:path/posix";
import { HttpError } from "../httpError.ts";
import { replaceWith, temporaryName } from "./atomicSave.ts";
import type { ContentsModel } from "./contentsModel.ts";
import { mimeTypeOf } from "./mimeType.ts";

interface Upload {
  readonly temporary: string;
  nextChunk: number;
  sizeBytes: number;
}

/** Big files come in pieces; they gather in a hidden file beside the target, which the last piece puts in place. */
export class UploadStore {
  readonly #uploads = new Map<string, Upload>();

  async add(target: string, data: Uint8Array, chunk: number): Promise<void> {
    if (chunk === 1) await this.#begin(target);
    const upload = this.#uploads.get(target);
    if (upload === undefined || (chunk !== -1 && chunk !== upload.nextChunk)) {
      const expected = upload === undefined ? 1 : upload.nextChunk;
      throw new HttpError(
        400,
        `upload: expected chunk ${expected}, got ${chunk}. Start the upload again.`,
      );
    }
    try {
      await appendFile(upload.temporary, data);
      upload.nextChunk++;
      upload.sizeBytes += data.byteLength;
      if (chunk === -1) await this.#finish(target, upload);
    } catch (error) {
      this.#uploads.delete(target);
      await unlink(upload.temporary).catch(() => undefined);
      throw error;
    }
  }

  /** What is known of an upload that still goes on. */
  model(path: string, target: string): ContentsModel {
    const now = new Date().toISOString();
    return {
      name: basename(path),
      path,
      type: "file",
      writable: true,
      created: now,
      last_modified: now,
      size: this.#uploads.get(target)?.sizeBytes ?? 0,
      mimetype: mimeTypeOf(path),
      format: null,
      content: null,
      hash: null,
      hash_algorithm: null,
    };
  }

  /** Removes what unfinished uploads gathered. */
  async close(): Promise<void> {
    const uploads = [...this.#uploads.values()];
    this.#uploads.clear();
    await Promise.all(uploads.map((upload) => unlink(upload.temporary).catch(() => undefined)));
  }

  async #begin(target: string): Promise<void> {
    const old = this.#uploads.get(target);
    if (old !== undefined) await unlink(old.temporary).catch(() => undefined);
    const upload = { temporary: temporaryName(target), nextChunk: 1, sizeBytes: 0 };
    await writeFile(upload.temporary, "", { flag: "wx" });
    this.#uploads.set(target, upload);
  }

  async #finish(target: string, upload: Upload): Promise<void> {
    const existing = await stat(target).catch(() => null);
    const file = await open(upload.temporary, "r+");
    try {
      if (existing !== null && process.platform !== "win32") await file.chmod(existing.mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await replaceWith(upload.temporary, target);
    this.#uploads.delete(target);
  }
}
