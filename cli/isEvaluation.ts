import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isObject } from "../engine/base/json.ts";

/** Whether a folder has an evaluation, by its manifest; everything else is opened as a record, which says what is wrong with it. */
export async function isEvaluation(folder: string): Promise<boolean> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8"));
    return isObject(manifest) && manifest.kind === "vitrine evaluation";
  } catch {
    return false;
  }
}
