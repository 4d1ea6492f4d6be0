import { randomBytes } from "node:crypto";
import { readdir, realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { removeEntry } from "./folderTree.ts";
import { HAS_DESCRIPTORS, Held } from "./held.ts";

const TEMPORARY = /^\.(.+)\.(\d+)-([0-9a-f]{6})[0-9a-f]{6}\.saving$/;
/** Tells this process from an earlier one with the same number, which a container gives to every server it starts. */
const THIS_PROCESS = randomBytes(3).toString("hex");

/** The hidden file that holds new content until it is whole; its name fits wherever the file's own does. */
export function temporaryName(path: string): string {
  const number = `${process.pid}-${THIS_PROCESS}${randomBytes(3).toString("hex")}`;
  return join(dirname(path), `.${basename(path).slice(0, 40)}.${number}.saving`);
}

/** Removes temporary files and folders that a process which no longer lives left in a folder. */
export async function sweepTemporaryFiles(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => {
    const [, , pid, owner] = TEMPORARY.exec(name) ?? [];
    return pid !== undefined && !isInUse(Number(pid), owner);
  });
  if (left.length === 0) return;
  const root = await realpath(folder);
  const held = await Held.folder(folder, { root, byDescriptor: HAS_DESCRIPTORS });
  try {
    for (const name of left) await removeEntry(held, name).catch(() => undefined);
  } finally {
    await held.close();
  }
}

function isInUse(pid: number, owner: string | undefined): boolean {
  if (pid === process.pid) return owner === THIS_PROCESS;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
