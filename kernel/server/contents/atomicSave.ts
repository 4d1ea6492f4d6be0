import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import {
  access,
  type FileHandle,
  open,
  readdir,
  rename,
  stat,
  unlink,
  writeFile,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const TEMPORARY = /^\.(.+)\.(\d+)-[0-9a-f]{12}\.saving$/;
const RENAME_ATTEMPTS = 10;

/** The hidden file that holds the new content until it is whole; its name fits wherever the file's own does. */
export function temporaryName(path: string): string {
  return join(
    dirname(path),
    `.${basename(path).slice(0, 40)}.${process.pid}-${randomBytes(6).toString("hex")}.saving`,
  );
}

/**
 * Replaces a file so that a reader, or a machine that stops at any moment, finds the old content or the new one whole:
 * a temporary file in the same folder, flushed to disk, renamed over the old one. The mode of an existing file is kept.
 * @throws the file system's error; the file is then as it was and the temporary file is gone
 */
export async function atomicSave(
  path: string,
  data: string | Uint8Array,
  mode = 0o666,
): Promise<void> {
  await replaceWhole(path, mode, (file) => file.writeFile(data));
}

/** As `atomicSave`, with the content of another file, which is never in memory whole. */
export async function atomicCopy(from: string, to: string): Promise<void> {
  const source = await open(from, "r");
  try {
    await replaceWhole(to, 0o666, (file) => writeFile(file, source.createReadStream()));
  } finally {
    await source.close();
  }
}

async function replaceWhole(
  path: string,
  mode: number,
  write: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const existing = await statOrNull(path);
  if (existing !== null) await access(path, constants.W_OK);
  const temporary = temporaryName(path);
  try {
    const file = await open(temporary, "wx", existing?.mode ?? mode);
    try {
      await write(file);
      if (existing !== null && process.platform !== "win32") await file.chmod(existing.mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await replaceWith(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Renames over `path`. Windows refuses while a virus scanner or an indexer holds the file, for moments only. */
export async function replaceWith(temporary: string, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await rename(temporary, path);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      const passing =
        process.platform === "win32" && (code === "EPERM" || code === "EACCES" || code === "EBUSY");
      if (!passing || attempt === RENAME_ATTEMPTS) throw error;
      await sleep(10 * attempt);
    }
  }
}

/** Removes temporary files that a process which no longer lives left in a folder. */
export async function sweepTemporaryFiles(folder: string): Promise<void> {
  const names = await readdir(folder);
  for (const name of names) {
    const match = TEMPORARY.exec(name);
    if (match !== null && !isAlive(Number(match[2]))) {
      await unlink(join(folder, name)).catch(() => undefined);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function statOrNull(path: string): Promise<{ mode: number } | null> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

/** Makes the rename itself durable where folders can be flushed; Windows and some network disks cannot. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!["EPERM", "EISDIR", "EACCES", "EINVAL", "ENOTSUP", "EBADF"].includes(code)) throw error;
  }
}
