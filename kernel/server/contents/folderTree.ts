import { constants } from "node:fs";
import {
  chmod,
  copyFile,
  mkdir,
  readdir,
  readlink,
  rm,
  rmdir,
  symlink,
  unlink,
} from "node:fs/promises";
import { join } from "node:path";
import { HttpError } from "../httpError.ts";
import { HAS_DESCRIPTORS, type Held } from "./held.ts";

/**
 * Copies a file, a link as a link, or a folder with all that is in it; modes are kept. What is copied is what was held,
 * whatever is linked in its place meanwhile.
 * @param from the folder that `name` is in
 * @param to the folder that gets `newName`, which must be free
 * @throws HttpError 400 for pipes and devices; the file system's errors
 */
export async function copyEntry(
  from: Held,
  name: string,
  to: Held,
  newName: string,
): Promise<void> {
  const source = await from.child(name);
  const target = join(to.path, newName);
  try {
    if (source.stats.isDirectory()) await copyTree(source, to, newName);
    else if (source.stats.isSymbolicLink())
      await symlink(await readlink(join(from.path, name)), target);
    else if (source.stats.isFile()) await copyHeld(source, target);
    else
      throw new HttpError(
        400,
        `copy ${name}: expected files, folders and links, got a pipe or a device. Remove it first.`,
      );
  } finally {
    await source.close();
  }
}

/** As `copyEntry`, for a folder that is held already. */
export async function copyTree(source: Held, to: Held, newName: string): Promise<void> {
  await mkdir(join(to.path, newName), 0o700);
  const made = await to.child(newName);
  try {
    for (const name of await readdir(source.path)) await copyEntry(source, name, made, name);
    await source.confirm();
    await chmod(made.path, source.stats.mode & 0o7777);
  } finally {
    await made.close();
  }
}

/** Copies a file that is held, with its mode, and shared blocks where a disk has them. @throws EEXIST */
export async function copyHeld(source: Held, target: string): Promise<void> {
  await copyFile(source.path, target, constants.COPYFILE_EXCL);
  await source.confirm();
}

/** Deletes a file, a link (never what it leads to), or a folder with all that is in it. */
export async function removeEntry(folder: Held, name: string): Promise<void> {
  const path = join(folder.path, name);
  if (!HAS_DESCRIPTORS) return await rm(path, { recursive: true, maxRetries: 3 });
  const held = await folder.child(name);
  try {
    if (!held.stats.isDirectory()) return await unlink(path);
    for (const inside of await readdir(held.path)) await removeEntry(held, inside);
    await rmdir(path);
  } finally {
    await held.close();
  }
}
