import { mkdir, rmdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { outputError } from "../../engine/base/outputError.ts";
import { replaceFiles } from "../../engine/base/replaceFiles.node.ts";

/**
 * Writes files by their paths, all of them or none. Folders that are missing are made, and go again where nothing was written.
 * @throws InputError ERR_OUTPUT
 */
export async function writeFiles(files: ReadonlyMap<string, string | Uint8Array>): Promise<void> {
  const made: string[] = [];
  let path = "";
  try {
    for (path of files.keys()) made.push(...(await makeFolder(dirname(resolve(path)))));
    await replaceFiles(files);
  } catch (cause) {
    for (const folder of made.reverse()) await rmdir(folder).catch(() => {}); // stays where something is in it
    throw outputError(cause, { what: "export", path, otherwise: "choose another --out" });
  }
}

/** Makes a folder and those above it. @returns those that were not there, the outermost first */
async function makeFolder(folder: string): Promise<string[]> {
  const first = await mkdir(folder, { recursive: true });
  const made: string[] = [];
  if (first === undefined) return made;
  for (let each = folder; each.length >= first.length; each = dirname(each)) made.unshift(each);
  return made;
}
