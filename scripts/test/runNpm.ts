import { type SpawnSyncReturns, spawnSync } from "node:child_process";

/** What npm sets for the scripts it runs, which another npm below them would take for settings of its own. */
const isOfNpm = (name: string): boolean =>
  /^npm_(config_local_prefix|package_|lifecycle_)/i.test(name);

/** Runs npm in a folder as a person in that folder would, whether or not npm runs this process. */
export function runNpm(args: readonly string[], cwd: string): SpawnSyncReturns<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOfNpm(name)));
  const isWindows = process.platform === "win32";
  return spawnSync(isWindows ? "npm.cmd" : "npm", args, {
    cwd,
    env,
    encoding: "utf8",
    shell: isWindows,
  });
}
