import { constants, existsSync, type Stats } from "node:fs";
import { type FileHandle, lstat, open, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { HttpError } from "../httpError.ts";

/** Opens anything, links too, without a right to read it; Linux alone has it, and Node has no name for it. */
const O_PATH = 0o10000000;
/** Where Linux lets a process reach what it holds open, and what lies in it, whatever its name has become. */
const DESCRIPTORS = "/proc/self/fd";

/** Whether things can be held by descriptors; elsewhere they are held by their paths and judged again after use. */
export const HAS_DESCRIPTORS = process.platform === "linux" && existsSync(DESCRIPTORS);

export function isInside(root: string, target: string): boolean {
  const path = relative(root, target);
  return path === "" || (!isAbsolute(path) && path !== ".." && !path.startsWith(`..${sep}`));
}

export interface HoldOptions {
  /** Nothing outside this folder may be held. Absolute, links resolved. */
  readonly root: string;
  readonly byDescriptor: boolean;
}

/**
 * A file, a folder or a link that is held open: what is asked of `path`, or of a name in it, is asked of this very thing,
 * though its name leads somewhere else by then. Where there are no descriptors, `path` is where it was found, and `confirm`
 * says whether it is there still.
 */
export class Held {
  /** Leads to it, in calls of the file system. */
  readonly path: string;
  /** Where it was found. */
  readonly realPath: string;
  /** Its own, a link's too. */
  readonly stats: Stats;
  readonly #handle: FileHandle | null;
  readonly #options: HoldOptions;

  private constructor(
    path: string,
    realPath: string,
    stats: Stats,
    handle: FileHandle | null,
    options: HoldOptions,
  ) {
    this.path = path;
    this.realPath = realPath;
    this.stats = stats;
    this.#handle = handle;
    this.#options = options;
  }

  /** Holds what a path leads to that nobody else chooses: the root itself, or a folder of the server's own. */
  static async folder(path: string, options: HoldOptions): Promise<Held> {
    return await Held.#hold(path, path, constants.O_DIRECTORY, options);
  }

  /** Holds what has this name in this folder. A link is held itself. @throws the file system's error */
  async child(name: string): Promise<Held> {
    const realPath = join(this.realPath, name);
    return await Held.#hold(join(this.path, name), realPath, constants.O_NOFOLLOW, this.#options);
  }

  /** Opens a file to be read; its handle is the caller's to close. @throws EISDIR for a folder, ENOENT for what is no file */
  async openToRead(): Promise<FileHandle> {
    if (!this.stats.isFile()) {
      const code = this.stats.isDirectory() ? "EISDIR" : "ENOENT";
      throw Object.assign(new Error(`not a file: ${this.realPath}`), { code });
    }
    if (this.#handle !== null) return await open(this.path, constants.O_RDONLY);
    const file = await open(this.path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      if (!isSame(await file.stat(), this.stats)) throw moved();
      await this.confirm();
      return file;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** @throws HttpError 409 if its path leads to something else by now */
  async confirm(): Promise<void> {
    if (this.#handle !== null) return;
    const real = await realpath(this.path);
    if (!isInside(this.#options.root, real)) throw moved();
    if (!isSame(await lstat(this.path), this.stats)) throw moved();
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }

  static async #hold(
    path: string,
    realPath: string,
    flags: number,
    options: HoldOptions,
  ): Promise<Held> {
    if (!options.byDescriptor) return new Held(path, realPath, await lstat(path), null, options);
    const handle = await open(path, O_PATH | flags);
    try {
      const { fd } = handle;
      return new Held(`${DESCRIPTORS}/${fd}`, realPath, await handle.stat(), handle, options);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }
}

function isSame(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

function moved(): HttpError {
  return new HttpError(
    409,
    "contents: expected the file or folder that was found a moment ago, got another in its place. Ask again.",
    { reason: "moved" },
  );
}
