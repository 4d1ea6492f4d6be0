import { constants } from "node:fs";
import { copyFile, cp, link, mkdir, rm, unlink, writeFile } from "node:fs/promises";
import { replaceWith, temporaryName } from "./atomicSave.ts";

/** How disks without hard links (FAT, some network disks) answer `link`. */
const NO_HARD_LINKS = ["EPERM", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EMLINK"];

/** Creates a file whole or not at all. @throws EEXIST if the name is taken */
export async function createExclusive(path: string, text: string): Promise<void> {
  const temporary = temporaryName(path);
  try {
    await writeFile(temporary, text, { flag: "wx", flush: true });
    try {
      await link(temporary, path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "";
      if (!NO_HARD_LINKS.includes(code)) throw error;
      await copyFile(temporary, path, constants.COPYFILE_EXCL);
    }
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
