import { rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { InputError } from "../engine/base/errors.ts";

/** Writes a file of JSON, which appears whole or not at all. @throws InputError ERR_OUTPUT */
export async function writeJson(path: string, value: unknown): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, `${JSON.stringify(value)}\n`, { flag: "wx" });
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new InputError(
      "ERR_OUTPUT",
      `${path}: expected the name of a file in ${dirname(path)} that can be written, got ${(cause as Error).message}. Choose another path.`,
      { cause },
    );
  }
}
