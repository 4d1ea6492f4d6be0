import { constants } from "node:fs";
import { copyFile, link, rm } from "node:fs/promises";
import { besideOf, writeWhole } from "./replaceFiles.node.ts";

/** What systems say whose files have one name each. */
const WITHOUT_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EXDEV"]);

/**
 * Writes a file that is not there yet: of several who try at the same moment one does, and the file is whole from its first moment on. A
 * second name does that. Where a file system has none (FAT, some shares), a copy that replaces nothing does: who reads while it is written finds the
 * file's beginning, and a crash leaves it so, since Node has no call there that both replaces nothing and shows the file only when it is whole.
 * @returns false where the file was there already
 * @throws what writing throws
 */
export async function createFile(path: string, content: string): Promise<boolean> {
  const temporary = besideOf(path);
  try {
    await writeWhole(temporary, content, { path, mode: null });
    await link(temporary, path).catch(async (error: NodeJS.ErrnoException) => {
      if (!WITHOUT_LINKS.has(error.code ?? "")) throw error;
      await copyFile(temporary, path, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}
