import { randomBytes } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { writeFault } from "./writeFault.ts";

/** What is written: as one, or in pieces that are written one after the other. */
export type FileContent = string | Uint8Array | Iterable<string | Uint8Array>;

/** A file that is whole, but not yet where it belongs. */
interface Beside {
  readonly path: string;
  readonly temporary: string;
  readonly place: string;
}

/**
 * Writes files by their paths, all of them or none: each is written beside its place, brought to disk, and takes its place when the
 * last one is whole. Until then what was there stays as it was. A link is followed, the mode of a file that is there is kept, and
 * nothing but a file is ever replaced.
 * @throws WriteFault that names the file and the reason
 */
export async function replaceFiles(files: ReadonlyMap<string, FileContent>): Promise<void> {
  const written: Beside[] = [];
  try {
    for (const [path, content] of files) written.push(await writeBeside(path, content));
    for (const { path, temporary, place } of written)
      await rename(temporary, place).catch((cause) => {
        throw writeFault(path, cause);
      });
  } catch (fault) {
    for (const { temporary } of written) await rm(temporary, { force: true }).catch(() => {});
    throw fault;
  }
}

/** A name beside a path that nobody else takes; whatever is left under such names may be deleted. */
export function besideOf(path: string): string {
  return `${path}.${randomBytes(6).toString("hex")}.tmp`;
}

async function writeBeside(path: string, content: FileContent): Promise<Beside> {
  try {
    const { place, mode } = await placeOf(path);
    const temporary = besideOf(place);
    await writeWhole(temporary, content, mode);
    return { path, temporary, place };
  } catch (cause) {
    throw writeFault(path, cause);
  }
}

/** Writes a file that is not there and brings it to the disk; where that fails none is left. */
export async function writeWhole(
  temporary: string,
  content: FileContent,
  mode: number | null,
): Promise<void> {
  const file = await open(temporary, "wx");
  try {
    try {
      for (const piece of piecesOf(content)) await file.writeFile(piece); // each behind the one before
      if (mode !== null) await file.chmod(mode);
      await file.datasync(); // some disks say only now that they are full
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Content as pieces. */
export function piecesOf(content: FileContent): Iterable<string | Uint8Array> {
  return typeof content === "string" || content instanceof Uint8Array ? [content] : content;
}

/** Where a file goes, behind the link if its name is one, and the mode of the file that is there. @throws where it may not be written */
async function placeOf(
  path: string,
): Promise<{ readonly place: string; readonly mode: number | null }> {
  const given = resolve(path);
  const place = await realpath(given).catch(() => given);
  const found = await stat(place).catch(() => null);
  if (found === null) return { place, mode: null };
  if (found.isDirectory()) throw new Error("it is a folder");
  if (!found.isFile()) throw new Error("it is a device, a pipe or a socket");
  await open(place, "r+").then((file) => file.close()); // a rename would not ask
  return { place, mode: found.mode };
}
