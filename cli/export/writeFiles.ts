import { mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { InputError } from "../../engine/base/errors.ts";

/**
 * Writes files by their paths, all of them or none: each is written beside its place, and takes its place when the last one is whole.
 * A folder that is missing is made.
 * @throws InputError ERR_OUTPUT
 */
export async function writeFiles(files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  const temporary = (path: string): string => `${path}.${process.pid}.tmp`;
  const made: string[] = [];
  let writing = "";
  try {
    for (const [path, content] of files) {
      writing = path;
      const folder = await mkdir(dirname(path), { recursive: true });
      if (folder !== undefined) made.push(folder);
      await writeFile(temporary(path), content, { flag: "wx" });
    }
    for (const path of files.keys()) await rename(temporary(path), path);
  } catch (cause) {
    for (const path of files.keys()) await rm(temporary(path), { force: true }).catch(() => {});
    for (const folder of made) await rmdir(folder).catch(() => {}); // stays where something is in it
    throw new InputError(
      "ERR_OUTPUT",
      `export: expected the name of a file in ${dirname(writing)} that can be written, got ${(cause as Error).message}. Choose another --out.`,
      { cause },
    );
  }
}
