import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { jupyterDataDir } from "../../install/dataDir.ts";

const isSet = (value: string | undefined): value is string => value !== undefined && value !== "";

/** Every folder that may hold `kernels/`, the first found wins: JUPYTER_PATH, the user, the environment, the system. */
export function jupyterDataDirs(): string[] {
  const { JUPYTER_PATH, VIRTUAL_ENV, CONDA_PREFIX, PROGRAMDATA } = process.env;
  const listed = (JUPYTER_PATH ?? "").split(delimiter).filter(isSet);
  const prefixes = [VIRTUAL_ENV, CONDA_PREFIX].filter(isSet);
  const system =
    process.platform === "win32"
      ? [join(PROGRAMDATA || "C:\\ProgramData", "jupyter")]
      : ["/usr/local/share/jupyter", "/usr/share/jupyter"];
  const ofPrefixes = prefixes.map((prefix) => jupyterDataDir({ prefix }));
  return [...new Set([...listed, jupyterDataDir(), ...ofPrefixes, ...system])];
}

/** Where connection files go. */
export function jupyterRuntimeDir(): string {
  return process.env.JUPYTER_RUNTIME_DIR || join(jupyterDataDir(), "runtime");
}

/** Where the server keeps this user's settings, workspaces and signatures. */
export function vitrineConfigDir(): string {
  const { VITRINE_CONFIG_DIR, APPDATA, XDG_CONFIG_HOME } = process.env;
  if (isSet(VITRINE_CONFIG_DIR)) return VITRINE_CONFIG_DIR;
  const home = homedir();
  if (process.platform === "darwin") return join(home, "Library", "Application Support", "vitrine");
  if (process.platform === "win32")
    return join(APPDATA || join(home, "AppData", "Roaming"), "vitrine");
  return join(XDG_CONFIG_HOME || join(home, ".config"), "vitrine");
}
