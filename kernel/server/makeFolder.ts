import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it that are missing. Node's own `recursive` goes round for ever where a folder can be
 * missing and not be made either, as below `/proc`.
 * @throws the file system's error
 */
export async function makeFolder(path: string, mode = 0o777): Promise<void> {
  const missing: string[] = [];
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      await mkdir(folder, mode);
      break;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EEXIST") break;
      if (code !== "ENOENT" || dirname(folder) === folder) throw error;
      missing.unshift(folder);
    }
  }
  for (const folder of missing)
    await mkdir(folder, mode).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
}
