import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { resolve } from "node:path";

/**
 * Makes a folder anew beside the one that is there, and puts it in its place once it is whole. Where that fails, the one that was there
 * stays as it was.
 * @param out the folder's path; what was there is gone afterwards
 * @param fill writes what belongs there into the folder that it is given
 * @throws whatever `fill` throws, or the file system where a folder beside `out` cannot be written
 */
export async function replaceFolder<Filled>(
  out: string,
  fill: (folder: string) => Promise<Filled>,
): Promise<Filled> {
  const place = resolve(out);
  const name = randomUUID().slice(0, 8);
  const [unfinished, before] = [`${place}.${name}.unfinished`, `${place}.${name}.before`];
  mkdirSync(unfinished, { recursive: true });
  try {
    const filled = await fill(unfinished);
    const isThere = existsSync(place);
    if (isThere) renameSync(place, before);
    try {
      renameSync(unfinished, place);
    } catch (error) {
      if (isThere) renameSync(before, place);
      throw error;
    }
    rmSync(before, { recursive: true, force: true });
    return filled;
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
