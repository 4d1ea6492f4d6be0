import { lstat, mkdir, realpath, rename, stat, unlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, extname, isAbsolute, join, relative } from "node:path";
import { HttpError } from "../httpError.ts";
import { copyEntry, removeEntry } from "./folderTree.ts";
import { HAS_DESCRIPTORS, Held } from "./held.ts";
import type { Place } from "./rootFolder.ts";

const INFO = ".trashinfo";
const LONGEST_NAME_BYTES = 255;

/** One trash folder; `top` is the root of its disk, or null for the user's own trash, which names absolute paths. */
interface TrashFolder {
  readonly folder: string;
  readonly top: string | null;
}

/**
 * Where deleted files wait until their user empties the trash or takes them back: the user's own trash, or for files of
 * another disk one at the root of that disk, so that nothing need be copied.
 * @see https://specifications.freedesktop.org/trash-spec/1.0/
 */
export class Trash {
  readonly #home: string;

  /** @param home the user's own trash, usually `~/.local/share/Trash`; made when first needed */
  constructor(home: string) {
    this.#home = home;
  }

  /** The trash of this user, or null on a system whose trash is another: Windows' and the Mac's have no files to write. */
  static ofThisSystem(): Trash | null {
    if (process.platform === "win32" || process.platform === "darwin") return null;
    const { XDG_DATA_HOME = "" } = process.env;
    const data = isAbsolute(XDG_DATA_HOME) ? XDG_DATA_HOME : join(homedir(), ".local", "share");
    return new Trash(join(data, "Trash"));
  }

  /**
   * Moves a file, a folder or a link (never what it leads to) to the trash.
   * @throws the file system's error about the file; HttpError 400 if there is no trash to move it to. It is then where it was
   */
  async put(place: Place): Promise<void> {
    const { dev } = await lstat(place.path);
    const trash = await this.#reachedFrom(place.realPath, dev).catch((cause: Error) => {
      throw noTrash(cause);
    });
    try {
      await move(place, trash, (to) => rename(place.path, to));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
      // One disk in two places, as containers have it: only a copy leads from one to the other.
      const own = await prepare({ folder: this.#home, top: null });
      await move(place, own, (to) => copyAndRemove(place, to));
    }
  }

  async #reachedFrom(path: string, dev: number): Promise<TrashFolder> {
    const own = await prepare({ folder: this.#home, top: null });
    if ((await stat(own.folder)).dev === dev) return own;
    const top = await topOf(path, dev);
    const uid = process.getuid?.() ?? 0;
    const shared = await lstat(join(top, ".Trash")).catch(() => null);
    if (shared?.isDirectory() === true && (shared.mode & 0o1000) !== 0) {
      try {
        return await prepare({ folder: join(top, ".Trash", `${uid}`), top });
      } catch {
        // the specification has the next place for this case
      }
    }
    return await prepare({ folder: join(top, `.Trash-${uid}`), top });
  }
}

function noTrash(cause: Error): HttpError {
  const code = (cause as NodeJS.ErrnoException).code ?? cause.message;
  return new HttpError(
    code === "ENOSPC" || code === "EDQUOT" ? 507 : 400,
    `delete: expected a trash that can be written to, got ${code}. Change its permissions, or start the server with --no-trash to delete for good.`,
    { reason: "trash", cause },
  );
}

async function prepare(trash: TrashFolder): Promise<TrashFolder> {
  for (const part of ["files", "info"])
    await mkdir(join(trash.folder, part), { recursive: true, mode: 0o700 });
  return trash;
}

/** The highest folder above `path` on its disk. */
async function topOf(path: string, dev: number): Promise<string> {
  let top = dirname(path);
  while (dirname(top) !== top && (await stat(dirname(top))).dev === dev) top = dirname(top);
  return top;
}

async function move(
  { realPath: path }: Place,
  { folder, top }: TrashFolder,
  mover: (to: string) => Promise<void>,
): Promise<void> {
  const named = top === null ? path : relative(top, path);
  const info = `[Trash Info]\nPath=${percentEncoded(named)}\nDeletionDate=${localTime(new Date())}\n`;
  const name = await reserve(folder, basename(path), info);
  try {
    await mover(join(folder, "files", name));
  } catch (error) {
    await unlink(join(folder, "info", name + INFO)).catch(() => undefined);
    throw error;
  }
}

/** Writes the record of a file under a name that nothing in the trash has. */
async function reserve(folder: string, original: string, info: string): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const name = numbered(original, attempt);
    const isTaken = await lstat(join(folder, "files", name)).then(
      () => true,
      () => false,
    );
    if (isTaken) continue;
    try {
      await writeFile(join(folder, "info", name + INFO), info, { flag: "wx", mode: 0o600 });
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw noTrash(error as Error);
    }
  }
}

/** `a.txt`, `a 2.txt`, `a 3.txt`, ..., short enough for the record's name. */
function numbered(original: string, attempt: number): string {
  const extension = extname(original);
  const suffix = `${attempt === 1 ? "" : ` ${attempt}`}${extension}`;
  let stem = original.slice(0, original.length - extension.length);
  while (Buffer.byteLength(stem + suffix + INFO) > LONGEST_NAME_BYTES && stem !== "")
    stem = [...stem].slice(0, -1).join("");
  return stem + suffix;
}

async function copyAndRemove(from: Place, to: string): Promise<void> {
  const root = await realpath(dirname(to));
  const trash = await Held.folder(root, { root, byDescriptor: HAS_DESCRIPTORS });
  try {
    await copyEntry(from.folder, from.name, trash, basename(to)).catch(async (error) => {
      await removeEntry(trash, basename(to)).catch(() => undefined);
      throw error;
    });
  } finally {
    await trash.close();
  }
  await removeEntry(from.folder, from.name);
}

const percentEncoded = (path: string): string =>
  path
    .split("/")
    .map(encodeURIComponent)
    .join("/")
    .replace(/[!'()*]/g, percentOf);

const percentOf = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase()}`;

/** `2026-02-03T04:05:06` by this computer's clock, as the specification asks. */
function localTime(date: Date): string {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19);
}
