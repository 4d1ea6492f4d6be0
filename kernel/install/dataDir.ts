import { homedir } from "node:os";
import { join } from "node:path";

export interface InstallPlace {
  /** Jupyter's data folder of this user; what is used when no prefix is given. */
  readonly user?: boolean;
  /** A Python or conda prefix: the kernelspec goes to `<prefix>/share/jupyter`. */
  readonly prefix?: string;
}

/** The Jupyter data folder for a place, as `jupyter --data-dir` would say it. */
export function jupyterDataDir({ prefix }: InstallPlace = {}): string {
  if (prefix !== undefined) return join(prefix, "share", "jupyter");
  const { JUPYTER_DATA_DIR, APPDATA, XDG_DATA_HOME } = process.env;
  if (JUPYTER_DATA_DIR) return JUPYTER_DATA_DIR;
  if (process.platform === "darwin") return join(homedir(), "Library", "Jupyter");
  if (process.platform === "win32") {
    return join(APPDATA || join(homedir(), "AppData", "Roaming"), "jupyter");
  }
  return join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "jupyter");
}
