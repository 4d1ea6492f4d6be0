import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InstallError } from "../errors.ts";
import { type InstallPlace, jupyterDataDir } from "./dataDir.ts";
import { LOGO_SVG, logoPng } from "./logo.ts";
import { makeFolder, removeFolder, replaceFolder } from "./replaceFolder.ts";

export const KERNEL_NAME = "vitrine";

interface KernelSpec {
  readonly argv: readonly string[];
  readonly display_name: string;
  readonly language: string;
  readonly interrupt_mode: "message" | "signal";
  readonly env: Readonly<Record<string, string>>;
  readonly kernel_protocol_version: string;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/**
 * glibc's own default, which it raises by itself unless somebody names one: then what V8's compiler used for a moment, some
 * 20 MB, is kept for good. Other systems do not read it.
 */
const GLIBC_TRIM_BYTES = "131072";

/** The kernelspec of this installation: this Node, and the kernel beside this file in dist/. */
export function kernelSpec(
  script = fileURLToPath(new URL("./kernel.js", import.meta.url)),
): KernelSpec {
  return {
    argv: [process.execPath, script, "{connection_file}"],
    display_name: "TypeScript (Vitrine)",
    language: "typescript",
    interrupt_mode: "message",
    env: { MALLOC_TRIM_THRESHOLD_: GLIBC_TRIM_BYTES },
    kernel_protocol_version: "5.5",
    metadata: { debugger: true },
  };
}

/** Writes the files of a kernelspec folder. */
export async function writeKernelspec(
  folder: string,
  spec: KernelSpec = kernelSpec(),
): Promise<void> {
  await makeFolder(folder);
  await writeFile(join(folder, "kernel.json"), `${JSON.stringify(spec, null, 2)}\n`);
  await writeFile(join(folder, "logo-svg.svg"), LOGO_SVG);
  await writeFile(join(folder, "logo-32x32.png"), logoPng(32));
  await writeFile(join(folder, "logo-64x64.png"), logoPng(64));
}

/**
 * Registers the kernelspec `vitrine`, replacing an older one in one step.
 * @param script path of the built kernel, for installations that put it elsewhere
 * @returns the folder it was written to
 * @throws InstallError ERR_INSTALL if the kernel is not built, or the folder cannot be written
 */
export async function installKernelspec(
  place: InstallPlace = {},
  script?: string,
): Promise<string> {
  const spec = kernelSpec(script);
  const folder = join(jupyterDataDir(place), "kernels", KERNEL_NAME);
  const entry = spec.argv[1] ?? "";
  try {
    await access(entry);
  } catch (cause) {
    throw new InstallError(
      `install: expected the built kernel at ${entry}, got none. Run \`npm run build\` first.`,
      { cause },
    );
  }
  await replaceFolder(folder, (fresh) => writeKernelspec(fresh, spec));
  return folder;
}

/**
 * Removes the kernelspec.
 * @returns the folder that was removed, or null if there was none
 * @throws InstallError ERR_INSTALL if it cannot be removed
 */
export function uninstallKernelspec(place: InstallPlace = {}): Promise<string | null> {
  return removeFolder(join(jupyterDataDir(place), "kernels", KERNEL_NAME));
}
