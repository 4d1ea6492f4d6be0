import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";
import { HttpError } from "../httpError.ts";

const WINDOWS_FORBIDDEN = /[\\:*?"<>|]/;

/** Control characters, and halves of characters, which no encoding of names has. */
function hasNoName(text: string): boolean {
  return /\p{Surrogate}/u.test(text) || [...text].some((character) => character < " ");
}

/**
 * Normalises a path as clients send it (already percent-decoded): no leading, trailing or double slash.
 * @throws HttpError 404 for `..`, 400 for characters no file name may hold
 */
export function normalizeApiPath(
  path: string,
  platform: NodeJS.Platform = process.platform,
): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  for (const part of parts) {
    if (part === "..") {
      throw new HttpError(
        404,
        `contents: expected a path inside the served folder, got ${JSON.stringify(path)}. Remove the "..".`,
      );
    }
    if (hasNoName(part) || (platform === "win32" && WINDOWS_FORBIDDEN.test(part))) {
      throw new HttpError(
        400,
        `contents: expected a name the disk can hold, got ${JSON.stringify(part)}. Choose another name.`,
      );
    }
  }
  return parts.join("/");
}

/** True if a part of the path starts with a dot: such files are neither listed nor served. */
export function isHiddenPath(path: string): boolean {
  return path.split("/").some((part) => part.startsWith("."));
}

export function parentPath(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

export function joinPath(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

function isInside(root: string, target: string): boolean {
  const path = relative(root, target);
  return path === "" || (!isAbsolute(path) && path !== ".." && !path.startsWith(`..${sep}`));
}

/** Maps the paths of the API to places on disk that lie inside one folder, symbolic links followed. */
export class RootFolder {
  /** Absolute, symbolic links resolved. */
  readonly realRoot: string;

  constructor(realRoot: string) {
    this.realRoot = realRoot;
  }

  /** The place that `path` names, its last part not followed if it is a link. The folder it lies in must exist. */
  async entry(path: string): Promise<string> {
    const normal = normalizeApiPath(path);
    if (normal === "") return this.realRoot;
    if (isHiddenPath(normal)) throw notFound(normal);
    const onDisk = join(this.realRoot, ...normal.split("/"));
    const folder = await this.#real(dirname(onDisk), normal);
    return join(folder, basename(onDisk));
  }

  /** The place that `path` leads to, every link followed; a path that does not exist yet is its entry. */
  async target(path: string): Promise<string> {
    const entry = await this.entry(path);
    try {
      return await this.#real(entry, path);
    } catch (error) {
      if (error instanceof HttpError && error.reason === "ENOENT") return entry;
      throw error;
    }
  }

  async #real(onDisk: string, path: string): Promise<string> {
    let real: string;
    try {
      real = await realpath(onDisk);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "ENOENT") throw notFound(path);
      throw error;
    }
    if (!isInside(this.realRoot, real)) {
      throw new HttpError(
        403,
        `contents: expected a path inside the served folder, got ${path}, a link that leads outside. Serve the folder it leads to with --root.`,
        { reason: "outside root" },
      );
    }
    return real;
  }
}

export function notFound(path: string): HttpError {
  return new HttpError(
    404,
    `contents: expected an existing file or folder, got ${path === "" ? "/" : path}. Check the path.`,
    {
      reason: "ENOENT",
    },
  );
}
