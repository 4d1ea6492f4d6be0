import type { Notebook } from "../../kernel/server/contents/notebookFormat.ts";
import { notebookOf, readInput } from "../notebookFile.ts";
import { readPercent } from "./percent/readPercent.ts";

const ENDINGS = [".nb.ts", ".ipynb"];

/** Whether a file is a notebook as TypeScript, by its name. */
export const isPercentFile = (path: string): boolean => path.endsWith(".nb.ts");

/**
 * Reads a notebook, from its JSON or from TypeScript with cells.
 * @param command named in errors
 * @throws InputError ERR_INPUT where it cannot be read or is none
 */
export async function openNotebook(command: string, path: string): Promise<Notebook> {
  const text = await readInput(command, path);
  return isPercentFile(path) ? readPercent(text, path) : notebookOf(text, path);
}

/** A notebook's path without `.ipynb` or `.nb.ts`. */
export function withoutEnding(path: string): string {
  const ending = ENDINGS.find((each) => path.endsWith(each));
  return ending === undefined ? path : path.slice(0, -ending.length);
}
