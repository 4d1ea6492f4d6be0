import { InputError } from "../engine/base/errors.ts";
import { replaceFiles } from "../engine/base/replaceFiles.node.ts";
import { writeFault } from "../engine/base/writeFault.ts";

/** Writes a file of JSON, which appears whole or not at all. @throws InputError ERR_OUTPUT */
export async function writeJson(path: string, value: unknown): Promise<void> {
  try {
    await replaceFiles(new Map([[path, `${JSON.stringify(value)}\n`]]));
  } catch (cause) {
    const fault = writeFault(path, cause);
    throw new InputError("ERR_OUTPUT", `${fault.message}. ${fault.fix}, or choose another path.`, {
      cause: fault.cause,
    });
  }
}
