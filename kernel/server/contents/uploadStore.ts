import { appendFile, open, unlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { basename } from "node:path/posix";
import { HttpError } from "../httpError.ts";
import { flush, modeToKeep, replaceFile } from "./atomicSave.ts";
import type { ContentsModel } from "./contentsModel.ts";
import { mimeTypeOf } from "./mimeType.ts";
import type { SaveObserver } from "./saveStep.ts";
import { sweepTemporaryFiles, temporaryName } from "./temporaryFile.ts";

interface Upload {
  readonly temporary: string;
  nextChunk: number;
  sizeBytes: number;
}

/** Big files come in pieces; they gather in a hidden file beside the target, which the last piece puts in place. */
export class UploadStore {
  readonly #uploads = new Map<string, Upload>();
  readonly #onStep: SaveObserver | undefined;

  constructor(onStep?: SaveObserver) {
    this.#onStep = onStep;
  }

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
      this.#onStep?.("writing", target, upload.sizeBytes);
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
    await sweepTemporaryFiles(dirname(target));
    const upload = { temporary: temporaryName(target), nextChunk: 1, sizeBytes: 0 };
    this.#onStep?.("begun", target, 0);
    await writeFile(upload.temporary, "", { flag: "wx" });
    this.#onStep?.("opened", target, 0);
    this.#uploads.set(target, upload);
  }

  async #finish(target: string, upload: Upload): Promise<void> {
    const oldMode = await modeToKeep(target);
    this.#onStep?.("written", target, upload.sizeBytes);
    const file = await open(upload.temporary, "r+");
    try {
      await flush(file, oldMode);
    } finally {
      await file.close();
    }
    this.#onStep?.("closed", target, upload.sizeBytes);
    await replaceFile(upload.temporary, target, upload.sizeBytes, this.#onStep);
    this.#uploads.delete(target);
  }
}
