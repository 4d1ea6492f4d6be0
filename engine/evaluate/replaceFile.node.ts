import { InputError } from "../base/errors.ts";
import { type FileContent, replaceFiles } from "../base/replaceFiles.node.ts";
import { writeFault } from "../base/writeFault.ts";

/** Writes a file that appears whole or not at all, and is on the disk then. @throws InputError ERR_OUTPUT */
export async function replaceFile(path: string, data: FileContent): Promise<void> {
  await replaceFiles(new Map([[path, data]])).catch((cause) => notWritten(path, cause));
}

/** @throws InputError ERR_OUTPUT always, with the path and what keeps it from being written */
export function notWritten(path: string, cause: unknown): never {
  const fault = writeFault(path, cause);
  throw new InputError(
    "ERR_OUTPUT",
    `evaluate: ${fault.message}. ${fault.fix}, or choose another folder.`,
    { cause: fault.cause },
  );
}
