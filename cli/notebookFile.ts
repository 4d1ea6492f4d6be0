import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { InputError } from "../engine/base/errors.ts";
import { outputError } from "../engine/base/outputError.ts";
import { atomicSave } from "../kernel/server/contents/atomicSave.ts";
import {
  formatNotebook,
  type Notebook,
  parseNotebook,
} from "../kernel/server/contents/notebookFormat.ts";

const ANOTHER_OUT = "choose another --out";

/**
 * Reads a file that a command was given.
 * @param command named in the error
 * @throws InputError ERR_INPUT
 */
export async function readInput(command: string, path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw new InputError(
      "ERR_INPUT",
      `${command}: expected a notebook at ${path}, got ${(cause as Error).message}. Check the path.`,
      { cause },
    );
  });
}

/**
 * A notebook of format 4, or one of format 3 as format 4.
 * @param text of the file at `path`
 * @throws InputError ERR_INPUT where it is none, with the place of what is wrong
 */
export function notebookOf(text: string, path: string): Notebook {
  try {
    return parseNotebook(text, path);
  } catch (cause) {
    throw new InputError("ERR_INPUT", (cause as Error).message, { cause });
  }
}

/**
 * Refuses a file that could not be written, before work is done for it.
 * @param command named in the error
 * @throws InputError ERR_OUTPUT
 */
export async function checkOutput(command: string, path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch((cause: unknown) => {
    throw outputError(cause, { what: command, path, otherwise: ANOTHER_OUT });
  });
}

/**
 * Writes a file whole or not at all; one that was there is replaced.
 * @param command named in the error
 * @throws InputError ERR_OUTPUT
 */
export async function writeOutput(
  command: string,
  path: string,
  content: string | Notebook,
): Promise<void> {
  try {
    await atomicSave(path, typeof content === "string" ? content : formatNotebook(content));
  } catch (cause) {
    throw outputError(cause, { what: command, path, otherwise: ANOTHER_OUT });
  }
}
