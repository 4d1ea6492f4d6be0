import { lstat, mkdir, rename, unlink } from "node:fs/promises";
import { extname, join } from "node:path";
import { HttpError, withFileErrors } from "../httpError.ts";
import { atomicCopy } from "./atomicSave.ts";
import { normalizeApiPath, notFound } from "./contentsPath.ts";
import { type FileObservers, observersOf } from "./fileObservers.ts";
import type { Held } from "./held.ts";
import type { Place, RootFolder } from "./rootFolder.ts";

export interface Checkpoint {
  readonly id: string;
  readonly last_modified: string;
}

const ID = "checkpoint";
const FOLDER = ".ipynb_checkpoints";

/** A file that exists. */
interface File extends Place {
  readonly held: Held;
}

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
      try {
        return [await inCheckpoints(file, false, describe)];
      } catch (error) {
        if (hasNone(error)) return [];
        throw error;
      }
    });
  }

  async create(path: string): Promise<Checkpoint> {
    return await this.#run("checkpoint", path, async (file) =>
      inCheckpoints(file, true, async (folder, name) => {
        await this.#copy(file.held, folder, name);
        return await describe(folder, name);
      }),
    );
  }

  async restore(path: string, id: string): Promise<void> {
    await this.#run("restore", path, async (file) => {
      requireId(id);
      await inCheckpoints(file, false, async (folder, name) => {
        const checkpoint = await folder.child(name);
        try {
          await this.#copy(checkpoint, file.folder, file.name);
        } finally {
          await checkpoint.close();
        }
      });
    });
  }

  async delete(path: string, id: string): Promise<void> {
    await this.#run("delete checkpoint of", path, async (file) => {
      requireId(id);
      await inCheckpoints(file, false, (folder, name) => unlink(join(folder.path, name)));
    });
  }

  /** Follows a renamed file. */
  async move(from: Place, to: Place): Promise<void> {
    try {
      await inCheckpoints(from, false, async (source, oldName) => {
        await lstat(join(source.path, oldName));
        await inCheckpoints(to, true, (target, newName) =>
          rename(join(source.path, oldName), join(target.path, newName)),
        );
      });
    } catch (error) {
      if (!hasNone(error) && !(error instanceof HttpError)) throw error; // a link in its place is left alone
    }
  }

  async deleteAll(file: Place): Promise<void> {
    try {
      await inCheckpoints(file, false, (folder, name) => unlink(join(folder.path, name)));
    } catch (error) {
      if (!hasNone(error) && !(error instanceof HttpError)) throw error; // a link in its place is left alone
    }
  }

  async #copy(source: Held, folder: Held, name: string): Promise<void> {
    const file = await source.openToRead();
    const realPath = join(folder.realPath, name);
    try {
      await atomicCopy(file, source.realPath, join(folder.path, name), {
        ...observersOf(this.#observers, realPath),
        confirm: () => folder.confirm(),
      });
    } finally {
      await file.close();
    }
  }

  async #run<T>(
    operation: string,
    rawPath: string,
    action: (file: File) => Promise<T>,
  ): Promise<T> {
    const path = normalizeApiPath(rawPath);
    return await withFileErrors(operation, path, () =>
      this.#folder.target(path, async (place) => {
        if (place.held === null) throw notFound(path);
        return await action(place as File);
      }),
    );
  }
}

/** A name that leaves no room for `-checkpoint` has none either. */
function hasNone(error: unknown): boolean {
  const { code = "" } = error as NodeJS.ErrnoException;
  return ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(code);
}

/** Does `action` with the folder of a file's checkpoint and the checkpoint's name. @throws ENOENT if there is no folder */
async function inCheckpoints<T>(
  file: Place,
  make: boolean,
  action: (folder: Held, name: string) => Promise<T>,
): Promise<T> {
  if (make)
    await mkdir(join(file.folder.path, FOLDER)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  const folder = await file.folder.child(FOLDER);
  try {
    if (folder.stats.isSymbolicLink())
      throw new HttpError(
        403,
        `checkpoint: expected ${FOLDER} to be a folder, got a link. Remove the link.`,
      );
    if (!folder.stats.isDirectory())
      throw Object.assign(new Error(`not a folder: ${folder.realPath}`), { code: "ENOTDIR" });
    const extension = extname(file.name);
    const stem = file.name.slice(0, file.name.length - extension.length);
    return await action(folder, `${stem}-checkpoint${extension}`);
  } finally {
    await folder.close();
  }
}

async function describe(folder: Held, name: string): Promise<Checkpoint> {
  return { id: ID, last_modified: (await lstat(join(folder.path, name))).mtime.toISOString() };
}

function requireId(id: string): void {
  if (id !== ID)
    throw new HttpError(
      404,
      `checkpoint: expected the id "${ID}", got "${id}". Take an id from the list.`,
    );
}
