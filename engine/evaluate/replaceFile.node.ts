import { outputError } from "../base/outputError.ts";
import type { FileContent } from "../base/replaceFiles.node.ts";
import { writeOutput } from "../base/writeOutput.node.ts";

const OTHERWISE = "choose another folder";

/** Writes a file that appears whole or not at all, and is on the disk then. @throws InputError ERR_OUTPUT; what the content's pieces throw */
export async function replaceFile(path: string, data: FileContent): Promise<void> {
  await writeOutput("evaluate", path, data, OTHERWISE);
}

/** @throws InputError ERR_OUTPUT with the path and what keeps it from being written; an error that is not of writing as it is */
export function notWritten(path: string, cause: unknown, kind: "file" | "folder" = "file"): never {
  throw outputError(cause, { what: "evaluate", path, kind, otherwise: OTHERWISE });
}
