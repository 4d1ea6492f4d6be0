import { mkdir, open, readdir, rename, rm, rmdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { InputError } from "../base/errors.ts";
import { outputError } from "../base/outputError.ts";
import { besideOf } from "../base/replaceFiles.node.ts";

/**
 * Writes a folder that appears whole or not at all: it is filled beside its place under another name, brought to the disk, and then
 * renamed. What is there already is never replaced.
 * @param fill is given the folder to write files into
 * @throws InputError ERR_OUTPUT where there is something, or nothing can be written; what `fill` throws
 */
export async function writeFolder<Result>(
  folder: string,
  fill: (temporary: string) => Promise<Result>,
): Promise<Result> {
  const target = resolve(folder);
  await refuseExisting(target);
  const temporary = besideOf(target);
  await mkdir(temporary).catch((cause) => refuse(target, cause));
  try {
    const result = await fill(temporary);
    for (const name of await readdir(temporary)) await bringToDisk(join(temporary, name));
    await bringToDisk(temporary);
    await rmdir(target).catch(() => undefined); // an empty folder; any other stays, and is refused
    await rename(temporary, target).catch((cause) => refuse(target, cause));
    await bringToDisk(dirname(target));
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

async function refuseExisting(target: string): Promise<void> {
  const names = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    return [error.code ?? "something"];
  });
  if (names.length === 0) return;
  throw new InputError(
    "ERR_OUTPUT",
    `record: expected a folder that is empty or not there, got ${target} with ${names[0]} in it. Choose another name; records are not written over.`,
  );
}

/** Windows opens no folder for this, and needs none to be. */
async function bringToDisk(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => null);
  try {
    await handle?.sync();
  } catch (error) {
    if (
      !["EPERM", "EINVAL", "EISDIR", "EBADF"].includes((error as NodeJS.ErrnoException).code ?? "")
    )
      throw error;
  } finally {
    await handle?.close();
  }
}

function refuse(path: string, cause: unknown): never {
  throw outputError(cause, {
    what: "record",
    path,
    kind: "folder",
    otherwise: "choose another place",
  });
}
