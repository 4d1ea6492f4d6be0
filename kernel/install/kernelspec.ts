import { randomUUID } from "node:crypto";
import { access, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InstallError } from "../errors.ts";
import { type InstallPlace, jupyterDataDir } from "./dataDir.ts";
import { LOGO_SVG, logoPng } from "./logo.ts";

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
  const kernels = join(jupyterDataDir(place), "kernels");
  const folder = join(kernels, KERNEL_NAME);
  const entry = spec.argv[1] ?? "";
  try {
    await access(entry);
  } catch (cause) {
    throw new InstallError(
      `install: expected the built kernel at ${entry}, got none. Run \`npm run build\` first.`,
      { cause },
    );
  }
  const fresh = join(kernels, `.${KERNEL_NAME}-${randomUUID()}`);
  const old = `${fresh}-old`;
  try {
    await writeKernelspec(fresh, spec);
    await rename(folder, old).catch(ignoreMissing);
    await rename(fresh, folder);
  } catch (cause) {
    throw unwritable("install", kernels, cause);
  } finally {
    for (const leftover of [fresh, old]) {
      await rm(leftover, { recursive: true, force: true }).catch(() => undefined);
    }
  }
  return folder;
}

/**
 * Removes the kernelspec.
 * @returns the folder that was removed, or null if there was none
 * @throws InstallError ERR_INSTALL if it cannot be removed
 */
export async function uninstallKernelspec(place: InstallPlace = {}): Promise<string | null> {
  const folder = join(jupyterDataDir(place), "kernels", KERNEL_NAME);
  try {
    await access(folder);
  } catch {
    return null;
  }
  try {
    await rm(folder, { recursive: true });
  } catch (cause) {
    throw unwritable("uninstall", folder, cause);
  }
  return folder;
}

/** As `mkdir` with `recursive`, which tries for ever where a system such as /proc denies that the folder it made is there. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(folder)).isDirectory()) return;
    if (code !== "ENOENT" || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await mkdir(folder);
  }
}

function unwritable(operation: string, folder: string, cause: unknown): InstallError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new InstallError(
    `${operation}: expected a writable folder ${folder}, got ${code ?? message}. Choose another with --prefix, or set JUPYTER_DATA_DIR.`,
    { cause },
  );
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
