import { constants } from "node:fs";
import { open, unlink, writeFile } from "node:fs/promises";
import { join, basename as nameOf } from "node:path";
import { basename } from "node:path/posix";
import { HttpError } from "../httpError.ts";
import { sizeOf } from "../json/parts.ts";
import { flush, modeToKeep, replaceFile } from "./atomicSave.ts";
import type { ContentsModel } from "./contentsModel.ts";
import { mimeTypeOf } from "./mimeType.ts";
import type { Place, RootFolder } from "./rootFolder.ts";
import type { SaveObserver } from "./saveStep.ts";
import { sweepTemporaryFiles, temporaryName } from "./temporaryFile.ts";

/** A link in the place of what was gathered is not written through. */
const NO_LINK = constants.O_NOFOLLOW ?? 0;

interface Upload {
  /** Its name, in the folder of the target. */
  readonly temporary: string;
  nextChunk: number;
  sizeBytes: number;
}

/** Big files come in pieces; they gather in a hidden file beside the target, which the last piece puts in place. */
export class UploadStore {
  readonly #uploads = new Map<string, Upload>();
  readonly #folder: RootFolder;
  readonly #onStep: SaveObserver | undefined;

  constructor(folder: RootFolder, onStep?: SaveObserver) {
    this.#folder = folder;
    this.#onStep = onStep;
  }

  /** @param path of the API, which tells one upload from another; `place` is where it leads */
  async add(
    path: string,
    place: Place,
    parts: readonly Uint8Array[],
    chunk: number,
  ): Promise<void> {
    if (chunk === 1) await this.#begin(path, place);
    const upload = this.#uploads.get(path);
    if (upload === undefined || (chunk !== -1 && chunk !== upload.nextChunk)) {
      const expected = upload === undefined ? 1 : upload.nextChunk;
      throw new HttpError(
        400,
        `upload: expected chunk ${expected}, got ${chunk}. Start the upload again.`,
      );
    }
    const temporary = join(place.folder.path, upload.temporary);
    try {
      await place.folder.confirm();
      const file = await open(temporary, constants.O_WRONLY | constants.O_APPEND | NO_LINK);
      try {
        for (const part of parts) await file.writeFile(part);
      } finally {
        await file.close();
      }
      upload.nextChunk++;
      upload.sizeBytes += sizeOf(parts);
      this.#onStep?.("writing", place.realPath, upload.sizeBytes);
      if (chunk === -1) await this.#finish(path, place, upload);
    } catch (error) {
      this.#uploads.delete(path);
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
  }

  /** What is known of an upload that still goes on. */
  model(path: string): ContentsModel {
    const now = new Date().toISOString();
    return {
      name: basename(path),
      path,
      type: "file",
      writable: true,
      created: now,
      last_modified: now,
      size: this.#uploads.get(path)?.sizeBytes ?? 0,
      mimetype: mimeTypeOf(path),
      format: null,
      content: null,
      hash: null,
      hash_algorithm: null,
    };
  }

  /** Removes what unfinished uploads gathered. */
  async close(): Promise<void> {
    const uploads = [...this.#uploads];
    this.#uploads.clear();
    const remove = (path: string, { temporary }: Upload) =>
      this.#folder.target(path, (place) => unlink(join(place.folder.path, temporary)));
    await Promise.all(uploads.map(([path, upload]) => remove(path, upload).catch(() => undefined)));
  }

  async #begin(path: string, place: Place): Promise<void> {
    const { folder, realPath } = place;
    const old = this.#uploads.get(path);
    if (old !== undefined) await unlink(join(folder.path, old.temporary)).catch(() => undefined);
    await sweepTemporaryFiles(folder.path);
    const temporary = nameOf(temporaryName(place.path));
    this.#onStep?.("begun", realPath, 0);
    await writeFile(join(folder.path, temporary), "", { flag: "wx" });
    this.#onStep?.("opened", realPath, 0);
    this.#uploads.set(path, { temporary, nextChunk: 1, sizeBytes: 0 });
  }

  async #finish(path: string, place: Place, upload: Upload): Promise<void> {
    const { realPath } = place;
    const temporary = join(place.folder.path, upload.temporary);
    const oldMode = await modeToKeep(place.path);
    this.#onStep?.("written", realPath, upload.sizeBytes);
    const file = await open(temporary, constants.O_RDWR | NO_LINK);
    try {
      await flush(file, oldMode);
    } finally {
      await file.close();
    }
    this.#onStep?.("closed", realPath, upload.sizeBytes);
    const onStep: SaveObserver = (step, _, writtenBytes) =>
      this.#onStep?.(step, realPath, writtenBytes);
    await replaceFile(temporary, place.path, upload.sizeBytes, onStep);
    this.#uploads.delete(path);
  }
}
