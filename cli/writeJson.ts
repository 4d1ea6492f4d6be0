import { writeOutput } from "../engine/base/writeOutput.node.ts";

/**
 * Writes a file of JSON, which appears whole or not at all.
 * @param what the option that named it
 * @throws InputError ERR_OUTPUT
 */
export async function writeJson(what: string, path: string, value: unknown): Promise<void> {
  await writeOutput(what, path, `${JSON.stringify(value)}\n`, "choose another path");
}
