import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";

const PYTHON = /^python(?:3(?:\.\d+)?)?$/;

/**
 * What to run for the first word of a kernelspec's argv. `python` means the Python that the kernel was installed for, as
 * with Jupyter: that of the environment in whose `share/jupyter/kernels` the spec lies. Any other word is left as it is.
 */
export function pythonBeside(command: string, resourceDir: string | null): string {
  if (resourceDir === null || !PYTHON.test(command)) return command;
  const prefix = resolve(resourceDir, "..", "..", "..", "..");
  if (basename(resolve(resourceDir, "..", "..")) !== "jupyter") return command;
  const places =
    process.platform === "win32"
      ? [join(prefix, "python.exe"), join(prefix, "Scripts", "python.exe")]
      : [command, "python3", "python"].map((name) => join(prefix, "bin", name));
  return places.find((place) => existsSync(place)) ?? command;
}
