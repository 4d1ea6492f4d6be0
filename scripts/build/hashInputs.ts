import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { inRepository } from "./repository.ts";

/** Every file under the given files and folders, as sorted slash-separated paths from the root. */
export function listFiles(
  paths: readonly string[],
  ignore: (path: string) => boolean = () => false,
): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (ignore(path) || !existsSync(inRepository(path))) return;
    if (!statSync(inRepository(path)).isDirectory()) {
      found.add(path);
      return;
    }
    for (const entry of readdirSync(inRepository(path))) {
      if (entry !== "node_modules" && !entry.startsWith(".")) visit(`${path}/${entry}`);
    }
  };
  for (const path of paths) visit(path);
  return [...found].sort();
}

/** sha256 over names and contents: a checkout with other file times hashes the same. */
export function hashInputs(
  paths: readonly string[],
  ignore?: (path: string) => boolean,
  salt = "",
): string {
  const hash = createHash("sha256").update(salt);
  for (const path of listFiles(paths, ignore)) {
    const content = readFileSync(inRepository(path));
    hash.update(`${path}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}
