import childProcess from "node:child_process";
import { syncBuiltinESMExports } from "node:module";

const FUNCTIONS = ["execSync", "execFileSync", "spawnSync"] as const;

/** Has the functions that wait for a child process run within `during`, so that an interrupt finds the child. */
export function watchChildWaits(during: <Result>(run: () => Result) => Result): void {
  for (const name of FUNCTIONS) {
    const run = childProcess[name] as (...parameters: unknown[]) => unknown;
    const watched = (...parameters: unknown[]): unknown => during(() => run(...parameters));
    Object.defineProperties(watched, Object.getOwnPropertyDescriptors(run));
    Object.defineProperty(childProcess, name, { value: watched });
  }
  syncBuiltinESMExports();
}
