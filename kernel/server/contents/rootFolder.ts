import { readlink, realpath } from "node:fs/promises";
import { basename, isAbsolute, join, relative, resolve, sep } from "node:path";
import { HttpError } from "../httpError.ts";
import { isHiddenPath, normalizeApiPath, notFound } from "./contentsPath.ts";
import { HAS_DESCRIPTORS, Held, type HoldOptions, isInside } from "./held.ts";

/** As many as Linux follows. */
const MOST_LINKS = 40;

/** A name in a folder under the root. */
export interface Place {
  readonly folder: Held;
  readonly name: string;
  /** What has the name; null if nothing has. */
  readonly held: Held | null;
  /** The name in the folder, for calls that make, replace or remove the name and follow no link. */
  readonly path: string;
  /** Where that was when it was looked up: for people, not for calls. */
  readonly realPath: string;
}

/**
 * Maps the paths of the API to places on disk that lie inside one folder. Every part of a path is opened in the folder
 * that was opened before it, links are read and their parts are opened in the same way: what a path leads to is what was
 * judged, whatever is renamed or linked meanwhile.
 */
export class RootFolder {
  /** Absolute, links resolved. */
  readonly realRoot: string;
  readonly #options: HoldOptions;

  constructor(realRoot: string, byDescriptor = HAS_DESCRIPTORS) {
    this.realRoot = realRoot;
    this.#options = { root: realRoot, byDescriptor };
  }

  /** Does `action` with the place that `path` names, its last part not followed if it is a link. */
  async entry<T>(path: string, action: (place: Place) => Promise<T>): Promise<T> {
    return await this.#hold(path, false, action);
  }

  /** Does `action` with the place that `path` leads to, every link followed. A link to nothing is a place without a file. */
  async target<T>(path: string, action: (place: Place) => Promise<T>): Promise<T> {
    return await this.#hold(path, true, action);
  }

  async #hold<T>(
    path: string,
    followsLast: boolean,
    action: (place: Place) => Promise<T>,
  ): Promise<T> {
    const normal = normalizeApiPath(path);
    if (isHiddenPath(normal)) throw notFound(normal);
    const walk = new Walk(normal, followsLast, this.#options);
    try {
      return await action(await walk.place());
    } finally {
      await walk.close();
    }
  }
}

/** One way from the root to a place. */
class Walk {
  readonly #path: string;
  readonly #followsLast: boolean;
  readonly #options: HoldOptions;
  readonly #opened: Held[] = [];
  /** The folders from the root to where the walk is. */
  #folders: Held[] = [];
  #parts: string[];
  #links = 0;
  /** Of the link that stands for the whole path. */
  #lastLink: Place | null = null;

  constructor(path: string, followsLast: boolean, options: HoldOptions) {
    this.#path = path;
    this.#followsLast = followsLast;
    this.#options = options;
    this.#parts = path === "" ? [] : path.split("/");
  }

  async place(): Promise<Place> {
    const root = await Held.folder(this.#options.root, this.#options);
    this.#opened.push(root);
    this.#folders = [root];
    for (;;) {
      const name = this.#parts.shift();
      const folder = this.#folders.at(-1) as Held;
      if (name === undefined) return this.#here(folder);
      if (name === "..") {
        if (this.#folders.length === 1) throw this.#outside();
        this.#folders.pop();
        continue;
      }
      const isLast = this.#parts.length === 0;
      const held = await this.#child(folder, name);
      if (held === null) {
        if (!isLast) throw notFound(this.#path);
        return this.#lastLink ?? placeOf(folder, name, null);
      }
      if (held.stats.isSymbolicLink() && (!isLast || this.#followsLast)) {
        if (isLast) this.#lastLink ??= placeOf(folder, name, null);
        if (!(await this.#follow(folder, name))) {
          if (!isLast) throw notFound(this.#path);
          return this.#lastLink as Place;
        }
      } else if (isLast) return placeOf(folder, name, held);
      else if (held.stats.isDirectory()) this.#folders.push(held);
      else throw Object.assign(new Error(`not a folder: ${held.realPath}`), { code: "ENOTDIR" });
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((held) => held.close()));
  }

  /** A folder that the path ended in without naming it: the root, or where a link to `..` leads. */
  #here(folder: Held): Place {
    const parent = this.#folders.at(-2);
    if (parent === undefined)
      return { folder, name: "", held: folder, path: folder.path, realPath: folder.realPath };
    return placeOf(parent, basename(folder.realPath), folder);
  }

  async #child(folder: Held, name: string): Promise<Held | null> {
    try {
      const held = await folder.child(name);
      this.#opened.push(held);
      return held;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw error;
    }
  }

  /** Puts the parts of a link before those that are left. @returns false if it leads nowhere */
  async #follow(folder: Held, name: string): Promise<boolean> {
    if (++this.#links > MOST_LINKS)
      throw Object.assign(new Error(`too many links: ${this.#path}`), { code: "ELOOP" });
    let text: string;
    try {
      text = await readlink(join(folder.path, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      if ((error as NodeJS.ErrnoException).code !== "EINVAL") throw error;
      this.#parts.unshift(name); // another thing has the name by now
      return true;
    }
    const parts = text
      .split(sep === "/" ? "/" : /[\\/]/)
      .filter((part) => !["", "."].includes(part));
    if (!isAbsolute(text) && !climbsAbove(parts, this.#folders.length - 1)) {
      this.#parts.unshift(...parts);
      return true;
    }
    // It may come back into the root by other names; which ones is no more than a hint, whose parts are judged in turn.
    let real: string;
    try {
      real = await realpath(resolve(folder.realPath, text));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      throw error;
    }
    if (!isInside(this.#options.root, real)) throw this.#outside();
    this.#folders.length = 1;
    this.#parts.unshift(...relative(this.#options.root, real).split(sep).filter(Boolean));
    return true;
  }

  #outside(): HttpError {
    return new HttpError(
      403,
      `contents: expected a path inside the served folder, got ${this.#path}, a link that leads outside. Serve the folder it leads to with --root.`,
      { reason: "outside root" },
    );
  }
}

function placeOf(folder: Held, name: string, held: Held | null): Place {
  return {
    folder,
    name,
    held,
    path: join(folder.path, name),
    realPath: join(folder.realPath, name),
  };
}

/** Whether parts lead above the root from a folder so deep in it. */
function climbsAbove(parts: readonly string[], depth: number): boolean {
  let left = depth;
  return parts.some((part) => {
    left += part === ".." ? -1 : 1;
    return left < 0;
  });
}
