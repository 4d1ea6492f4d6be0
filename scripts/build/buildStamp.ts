import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** By path: modification time in milliseconds and size in bytes, or null for what is missing. */
type BuildStamp = Record<string, readonly [number, number] | null>;

const stampFile = (base: URL): URL => new URL("dist/.stamp.json", base);

/** Time and size of every file and folder at and below `paths`, which are relative to `base`. */
export function stampOf(paths: readonly string[], base: URL): BuildStamp {
  const stamp: BuildStamp = {};
  const visit = (path: string): void => {
    const file = fileURLToPath(new URL(path, base));
    const stats = statSync(file, { throwIfNoEntry: false });
    stamp[path] = stats === undefined ? null : [stats.mtimeMs, stats.size];
    if (stats?.isDirectory() !== true) return;
    for (const name of readdirSync(file))
      if (name !== "node_modules" && !name.startsWith(".")) visit(`${path}/${name}`);
  };
  for (const path of paths) visit(path);
  return stamp;
}

export function writeStamp(paths: readonly string[], stamp: BuildStamp, base: URL): void {
  writeFileSync(stampFile(base), JSON.stringify({ paths, stamp }));
}

/** Whether everything is as it was when the stamp was taken: far cheaper than hashing, and than starting what hashes. */
export function isUnchanged(base: URL): boolean {
  try {
    const { paths, stamp } = JSON.parse(readFileSync(stampFile(base), "utf8")) as {
      paths: string[];
      stamp: BuildStamp;
    };
    return JSON.stringify(stampOf(paths, base)) === JSON.stringify(stamp);
  } catch {
    return false; // never built, or half written
  }
}
