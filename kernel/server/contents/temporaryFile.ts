import { randomBytes } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

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
  for (const name of await readdir(folder)) {
    const [, , pid, owner] = TEMPORARY.exec(name) ?? [];
    if (pid === undefined || isInUse(Number(pid), owner)) continue;
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => undefined);
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
