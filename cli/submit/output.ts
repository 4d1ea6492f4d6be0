import { mkdir } from "node:fs/promises";
import { InputError } from "../../engine/base/errors.ts";
import { replaceFiles } from "../../engine/base/replaceFiles.node.ts";
import { writeFault } from "../../engine/base/writeFault.ts";

/** Makes a folder for what workers write. @throws InputError ERR_OUTPUT */
export async function makeOutput(what: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause) => notWritten(what, folder, cause));
}

/** Writes a file that appears whole or not at all. @throws InputError ERR_OUTPUT */
export async function writeOutput(what: string, path: string, text: string): Promise<void> {
  await replaceFiles(new Map([[path, text]])).catch((cause) => notWritten(what, path, cause));
}

function notWritten(what: string, path: string, cause: unknown): never {
  const fault = writeFault(path, cause);
  throw new InputError(
    "ERR_OUTPUT",
    `${what}: ${fault.message}. ${fault.fix}, or choose another --out.`,
    { cause: fault.cause },
  );
}
