import { randomBytes } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { writeFault } from "./writeFault.ts";

type Piece = string | Uint8Array;

/** What is written: as one, or in pieces that are made and written one after the other. */
export type FileContent = Piece | Iterable<Piece> | AsyncIterable<Piece>;

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
 * @throws WriteFault that names the file and the reason; what the content's pieces throw
 */
export async function replaceFiles(files: ReadonlyMap<string, FileContent>): Promise<void> {
  const written: Beside[] = [];
  try {
    for (const [path, content] of files) written.push(await writeBeside(path, content));
    for (const { path, temporary, place } of written)
      await rename(temporary, place).catch((cause) => refuse(path, cause));
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
  const { place, mode } = await placeOf(path).catch((cause) => refuse(path, cause));
  const temporary = besideOf(place);
  await writeWhole(temporary, content, { path, mode });
  return { path, temporary, place };
}

/**
 * Writes a file that is not there and brings it to the disk; where that fails none is left.
 * @param path the file that it is to become, for the fault
 * @param mode null for that of any new file
 * @throws WriteFault; what the content's pieces throw
 */
export async function writeWhole(
  temporary: string,
  content: FileContent,
  { path, mode }: { readonly path: string; readonly mode: number | null },
): Promise<void> {
  const refused = (cause: unknown) => refuse(path, cause);
  const file = await open(temporary, "wx").catch(refused);
  try {
    try {
      for await (const piece of piecesOf(content)) await file.writeFile(piece).catch(refused); // each behind the one before
      if (mode !== null) await file.chmod(mode).catch(refused);
      await file.datasync().catch(refused); // some disks say only now that they are full
    } finally {
      await file.close();
    }
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

/** Content as pieces. */
export function piecesOf<Pieces extends Iterable<Piece> | AsyncIterable<Piece>>(
  content: Piece | Pieces,
): readonly Piece[] | Pieces {
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

function refuse(path: string, cause: unknown): never {
  throw writeFault(path, cause);
}
