import { lstat, mkdir, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { HttpError, withFileErrors } from "../httpError.ts";
import { atomicCopy } from "./atomicSave.ts";
import { normalizeApiPath, type RootFolder } from "./contentsPath.ts";
import type { FileObservers } from "./fileObservers.ts";

export interface Checkpoint {
  readonly id: string;
  readonly last_modified: string;
}

const ID = "checkpoint";

/** One earlier version of each file, kept where Jupyter keeps it: `.ipynb_checkpoints/<name>-checkpoint.<ext>`. */
export class CheckpointStore {
  readonly #folder: RootFolder;
  readonly #observers: FileObservers;

  constructor(folder: RootFolder, observers: FileObservers = {}) {
    this.#folder = folder;
    this.#observers = observers;
  }

  async list(path: string): Promise<Checkpoint[]> {
    return await this.#run("list checkpoints of", path, async (file) => {
      await stat(file);
      try {
        return [await describe(file)];
      } catch (error) {
        if (hasNone(error)) return [];
        throw error;
      }
    });
  }

  async create(path: string): Promise<Checkpoint> {
    return await this.#run("checkpoint", path, async (file) => {
      await mkdir(checkpointFolder(file), { recursive: true });
      await atomicCopy(file, checkpointFile(file), this.#observers);
      return await describe(file);
    });
  }

  async restore(path: string, id: string): Promise<void> {
    await this.#run("restore", path, async (file) => {
      requireId(id);
      await atomicCopy(checkpointFile(file), file, this.#observers);
    });
  }

  async delete(path: string, id: string): Promise<void> {
    await this.#run("delete checkpoint of", path, async (file) => {
      requireId(id);
      await unlink(checkpointFile(file));
    });
  }

  /** Follows a renamed file. Both places are on disk. */
  async move(from: string, to: string): Promise<void> {
    try {
      await stat(checkpointFile(from));
    } catch {
      return;
    }
    await mkdir(checkpointFolder(to), { recursive: true });
    await rename(checkpointFile(from), checkpointFile(to));
  }

  async deleteAll(file: string): Promise<void> {
    await unlink(checkpointFile(file)).catch((error: unknown) => {
      if (!hasNone(error)) throw error;
    });
  }

  async #run<T>(
    operation: string,
    rawPath: string,
    action: (file: string) => Promise<T>,
  ): Promise<T> {
    const path = normalizeApiPath(rawPath);
    return await withFileErrors(operation, path, async () => {
      const file = await this.#folder.target(path);
      await requireOwnFolder(file);
      return await action(file);
    });
  }
}

/** A name that leaves no room for `-checkpoint` has none either. */
function hasNone(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(code);
}

function checkpointFolder(file: string): string {
  return join(dirname(file), ".ipynb_checkpoints");
}

/** A checkpoint folder that is a link could lead out of the served folder. */
async function requireOwnFolder(file: string): Promise<void> {
  const stats = await lstat(checkpointFolder(file)).catch(() => null);
  if (stats?.isSymbolicLink() === true) {
    throw new HttpError(
      403,
      "checkpoint: expected .ipynb_checkpoints to be a folder, got a link. Remove the link.",
    );
  }
}

function checkpointFile(file: string): string {
  const extension = extname(file);
  const stem = basename(file).slice(0, basename(file).length - extension.length);
  return join(checkpointFolder(file), `${stem}-checkpoint${extension}`);
}

async function describe(file: string): Promise<Checkpoint> {
  return { id: ID, last_modified: (await stat(checkpointFile(file))).mtime.toISOString() };
}

function requireId(id: string): void {
  if (id !== ID)
    throw new HttpError(
      404,
      `checkpoint: expected the id "${ID}", got "${id}". Take an id from the list.`,
    );
}
