import { mkdir } from "node:fs/promises";
import { outputError } from "../../engine/base/outputError.ts";

/** What a user may do who cannot write where the workers are to. */
export const ANOTHER_OUT = "choose another --out";

/** Makes a folder for what workers write. @throws InputError ERR_OUTPUT */
export async function makeOutput(what: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw outputError(cause, { what, path: folder, kind: "folder", otherwise: ANOTHER_OUT });
  });
}
