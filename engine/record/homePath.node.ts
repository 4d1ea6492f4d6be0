import { homedir } from "node:os";
import { join, sep } from "node:path";

/** A path without the name of whoever saves: "~" stands for the home folder. */
export function withoutHome(path: string, home = homedir()): string {
  return path === home || path.startsWith(home + sep) ? `~${path.slice(home.length)}` : path;
}

/** The path of whoever reads. */
export function withHome(path: string, home = homedir()): string {
  return path === "~" || path.startsWith(`~${sep}`) ? join(home, path.slice(1)) : path;
}
