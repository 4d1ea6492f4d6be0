import { outputError } from "./outputError.ts";
import { type FileContent, replaceFiles } from "./replaceFiles.node.ts";

/**
 * Writes a file that appears whole or not at all, and is on the disk then.
 * @param what named in the error
 * @param otherwise what a user may do other than to mend what keeps it from being written: "choose another folder"
 * @throws InputError ERR_OUTPUT; what the content's pieces throw
 */
export async function writeOutput(
  what: string,
  path: string,
  content: FileContent,
  otherwise: string,
): Promise<void> {
  await replaceFiles(new Map([[path, content]])).catch((cause) => {
    throw outputError(cause, { what, path, otherwise });
  });
}
