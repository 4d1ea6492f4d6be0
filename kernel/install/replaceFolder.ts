import { randomUUID } from "node:crypto";
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { InstallError } from "../errors.ts";

/**
 * Puts a folder in the place of an older one in one step.
 * @param write fills a folder that is to take the place, and makes it
 * @throws InstallError ERR_INSTALL if it cannot be written; what was there stays
 */
export async function replaceFolder(
  folder: string,
  write: (fresh: string) => Promise<void>,
): Promise<void> {
  const parent = dirname(folder);
  const fresh = join(parent, `.${basename(folder)}-${randomUUID()}`);
  const old = `${fresh}-old`;
  try {
    await write(fresh);
    const wasThere = await moved(folder, old);
    try {
      await rename(fresh, folder);
    } catch (error) {
      if (wasThere) await rename(old, folder);
      throw error;
    }
    await removeLeftover(old);
  } catch (cause) {
    throw unwritable("install", parent, cause);
  } finally {
    await removeLeftover(fresh);
  }
}

/**
 * Removes a folder. @returns null if there was none
 * @throws InstallError ERR_INSTALL if it cannot be removed
 */
export async function removeFolder(folder: string): Promise<string | null> {
  try {
    await stat(folder);
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
export async function makeFolder(folder: string): Promise<void> {
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

async function removeLeftover(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch(() => undefined);
}

function unwritable(operation: string, folder: string, cause: unknown): InstallError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return new InstallError(
    `${operation}: expected a writable folder ${folder}, got ${code ?? message}. Choose another with --prefix, or set JUPYTER_DATA_DIR.`,
    { cause },
  );
}

/** @returns whether there was a folder to move */
async function moved(folder: string, to: string): Promise<boolean> {
  try {
    await rename(folder, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}
