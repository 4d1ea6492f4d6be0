import { existsSync, statSync } from "node:fs";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { UsageError } from "./usageError.ts";

/** The served folder and where `/` leads in it. */
export interface ServedPath {
  readonly root: string;
  readonly defaultUrl: string;
}

const isDirectory = (path: string): boolean => existsSync(path) && statSync(path).isDirectory();

/**
 * @param root folder to serve, relative to the working folder; that folder itself when undefined
 * @param path file or folder below the root to open, relative to the root
 * @throws UsageError when the root is no folder, or the path is not in it
 */
export function servedPath(root: string | undefined, path: string | undefined): ServedPath {
  const folder = resolve(root ?? ".");
  if (!isDirectory(folder)) {
    throw new UsageError(
      `lab: expected --root to name a folder, got ${folder}. Make it, or name another.`,
    );
  }
  if (path === undefined) return { root: folder, defaultUrl: "/lab" };
  const target = resolve(folder, path);
  const below = relative(folder, target);
  if (below === ".." || below.startsWith(`..${sep}`) || isAbsolute(below)) {
    throw new UsageError(
      `lab: expected a path inside ${folder}, got ${path}. Serve a folder above it with --root.`,
    );
  }
  if (!existsSync(target)) {
    throw new UsageError(
      `lab: expected a file or folder to open, got ${target}, which does not exist. The path is read from the root.`,
    );
  }
  const address = below.split(sep).map(encodeURIComponent).join("/");
  return { root: folder, defaultUrl: address === "" ? "/lab" : `/lab/tree/${address}` };
}
