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

export function notFound(path: string): HttpError {
  return new HttpError(
    404,
    `contents: expected an existing file or folder, got ${path === "" ? "/" : path}. Check the path.`,
    {
      reason: "ENOENT",
    },
  );
}
