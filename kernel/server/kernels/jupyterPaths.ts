import { homedir } from "node:os";
import { delimiter, join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** The user's own Jupyter data folder, where Jupyter itself looks for it on each platform. */
export function jupyterDataDir(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (environment.JUPYTER_DATA_DIR) return environment.JUPYTER_DATA_DIR;
  if (platform === "darwin") return join(home, "Library", "Jupyter");
  if (platform === "win32")
    return join(environment.APPDATA ?? join(home, "AppData", "Roaming"), "jupyter");
  return join(environment.XDG_DATA_HOME ?? join(home, ".local", "share"), "jupyter");
}

/** Every folder that may hold `kernels/`, the first found wins: JUPYTER_PATH, the user, the environment, the system. */
export function jupyterDataDirs(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string[] {
  const separator = platform === "win32" ? ";" : platform === process.platform ? delimiter : ":";
  const listed = (environment.JUPYTER_PATH ?? "")
    .split(separator)
    .filter((folder) => folder !== "");
  const prefixes = [environment.VIRTUAL_ENV, environment.CONDA_PREFIX].filter(
    (prefix) => prefix !== undefined && prefix !== "",
  );
  const system =
    platform === "win32"
      ? [join(environment.PROGRAMDATA ?? "C:\\ProgramData", "jupyter")]
      : ["/usr/local/share/jupyter", "/usr/share/jupyter"];
  const folders = [
    ...listed,
    jupyterDataDir(environment, platform, home),
    ...prefixes.map((prefix) => join(prefix as string, "share", "jupyter")),
    ...system,
  ];
  return [...new Set(folders)];
}

/** Where connection files go. */
export function jupyterRuntimeDir(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  return (
    environment.JUPYTER_RUNTIME_DIR || join(jupyterDataDir(environment, platform, home), "runtime")
  );
}

/** Where the server keeps this user's settings, workspaces and signatures. */
export function vitrineConfigDir(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  if (environment.VITRINE_CONFIG_DIR) return environment.VITRINE_CONFIG_DIR;
  if (platform === "darwin") return join(home, "Library", "Application Support", "vitrine");
  if (platform === "win32")
    return join(environment.APPDATA ?? join(home, "AppData", "Roaming"), "vitrine");
  return join(environment.XDG_CONFIG_HOME || join(home, ".config"), "vitrine");
}
