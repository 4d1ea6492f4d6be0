import { constants } from "node:fs";
import { copyFile, cp, link, mkdir, rm, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { piecesOf, replaceWith, type SaveOptions, writeTemporary } from "./atomicSave.ts";
import { sweepTemporaryFiles, temporaryName } from "./temporaryFile.ts";

/** How disks without hard links (FAT, some network disks) answer `link`. */
const NO_HARD_LINKS = ["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK"];

/** Creates a file whole or not at all. @throws EEXIST if the name is taken */
export async function createExclusive(
  path: string,
  text: string,
  { onStep }: SaveOptions = {},
): Promise<void> {
  await placeExclusive(
    path,
    async (temporary) => {
      await writeTemporary(temporary, path, piecesOf(text), { onStep });
    },
    () => onStep?.("placed", path, Buffer.byteLength(text)),
  );
}

/** Copies a file whole or not at all. @throws EEXIST if the name is taken */
export async function copyExclusive(
  source: string,
  path: string,
  { onStep }: SaveOptions = {},
): Promise<void> {
  let sizeBytes = 0;
  await placeExclusive(
    path,
    async (temporary) => {
      onStep?.("begun", path, 0);
      await copyFile(source, temporary, constants.COPYFILE_EXCL); // with its mode, and shared blocks where a disk has them
      sizeBytes = (await stat(temporary)).size;
      onStep?.("closed", path, sizeBytes);
    },
    () => onStep?.("placed", path, sizeBytes),
  );
}

async function placeExclusive(
  path: string,
  write: (temporary: string) => Promise<void>,
  onPlaced?: () => void,
): Promise<void> {
  await sweepTemporaryFiles(dirname(path));
  const temporary = temporaryName(path);
  try {
    await write(temporary);
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

/** Copies beside the target first, so that a copy that breaks off leaves no half folder under the final name. */
export async function copyFolder(source: string, target: string): Promise<void> {
  await mkdir(target);
  const temporary = temporaryName(target);
  try {
    await cp(source, temporary, { recursive: true, verbatimSymlinks: true });
    await rm(target, { recursive: true });
    await replaceWith(temporary, target);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    await rm(target, { recursive: true, force: true });
    throw error;
  }
}
