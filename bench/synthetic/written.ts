import { type FileHandle, open } from "node:fs/promises";

/** Opens a file to write it, and closes it. @returns its path */
export async function written(
  path: string,
  write: (file: FileHandle) => Promise<void>,
): Promise<string> {
  const file = await open(path, "w");
  try {
    await write(file);
  } finally {
    await file.close();
  }
  return path;
}
