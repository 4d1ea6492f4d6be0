import { constants } from "node:fs";
import { copyFile, link, mkdir, rmdir, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { sizeOf } from "../json/parts.ts";
import { piecesOf, replaceWith, type SaveOptions, writeTemporary } from "./atomicSave.ts";
import { copyHeld, copyTree, removeEntry } from "./folderTree.ts";
import { type Held, isInside } from "./held.ts";
import { sweepTemporaryFiles, temporaryName } from "./temporaryFile.ts";

/** How disks without hard links (FAT, some network disks) answer `link`. */
const NO_HARD_LINKS = ["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK"];

/** Creates a file whole or not at all. @throws EEXIST if the name is taken */
export async function createExclusive(
  path: string,
  parts: readonly Uint8Array[],
  { onStep, confirm }: SaveOptions = {},
): Promise<void> {
  await placeExclusive(
    path,
    confirm,
    async (temporary) => {
      await writeTemporary(temporary, path, piecesOf(parts), { onStep });
    },
    () => onStep?.("placed", path, sizeOf(parts)),
  );
}

/** Copies a file whole or not at all. @throws EEXIST if the name is taken */
export async function copyExclusive(
  source: Held,
  path: string,
  { onStep, confirm }: SaveOptions = {},
): Promise<void> {
  const sizeBytes = source.stats.size;
  await placeExclusive(
    path,
    confirm,
    async (temporary) => {
      onStep?.("begun", path, 0);
      await copyHeld(source, temporary);
      onStep?.("closed", path, sizeBytes);
    },
    () => onStep?.("placed", path, sizeBytes),
  );
}

async function placeExclusive(
  path: string,
  confirm: SaveOptions["confirm"],
  write: (temporary: string) => Promise<void>,
  onPlaced?: () => void,
): Promise<void> {
  await sweepTemporaryFiles(dirname(path));
  const temporary = temporaryName(path);
  try {
    await write(temporary);
    await confirm?.();
    try {
      await link(temporary, path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      if (!NO_HARD_LINKS.includes(code)) throw error;
      await copyFile(temporary, path, constants.COPYFILE_EXCL);
    }
    onPlaced?.();
  } finally {
    await unlink(temporary).catch(() => undefined);
  }
}

/**
 * Copies beside the target first, so that a copy that breaks off leaves no half folder under the final name.
 * @throws EEXIST if the name is taken, ERR_FS_CP_EINVAL for a place in the folder itself
 */
export async function copyFolder(source: Held, folder: Held, name: string): Promise<void> {
  if (isInside(source.realPath, folder.realPath))
    throw Object.assign(new Error("a copy inside itself"), { code: "ERR_FS_CP_EINVAL" });
  const target = join(folder.path, name);
  await mkdir(target);
  const temporary = temporaryName(target);
  try {
    await copyTree(source, folder, basename(temporary));
    await folder.confirm();
    await rmdir(target);
    await replaceWith(temporary, target);
  } catch (error) {
    for (const left of [basename(temporary), name])
      await removeEntry(folder, left).catch(() => undefined);
    throw error;
  }
}
