import { access, cp } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { InstallError } from "../errors.ts";
import { type InstallPlace, jupyterDataDir } from "./dataDir.ts";
import { makeFolder, removeFolder, replaceFolder } from "./replaceFolder.ts";

const EXTENSION_NAME = "vitrine-pictures";

const folderIn = (place: InstallPlace): string =>
  join(jupyterDataDir(place), "labextensions", EXTENSION_NAME);

/**
 * Puts the extension where JupyterLab and Notebook 7 look for such, replacing an older one in one step: with it pictures that were
 * saved with a notebook respond before a kernel runs.
 * @param built the folder that the build made
 * @returns the folder it was written to
 * @throws InstallError ERR_INSTALL if it is not built, or the folder cannot be written
 */
export async function installLabExtension(
  place: InstallPlace = {},
  built = fileURLToPath(new URL("./labextension", import.meta.url)),
): Promise<string> {
  try {
    await access(join(built, "package.json"));
  } catch (cause) {
    throw new InstallError(
      `install: expected the built extension at ${built}, got none. Run \`npm run build\` first.`,
      { cause },
    );
  }
  const folder = folderIn(place);
  await replaceFolder(folder, async (fresh) => {
    await makeFolder(dirname(fresh));
    await cp(built, fresh, { recursive: true });
  });
  return folder;
}

/**
 * Removes the extension.
 * @returns the folder that was removed, or null if there was none
 * @throws InstallError ERR_INSTALL if it cannot be removed
 */
export function uninstallLabExtension(place: InstallPlace = {}): Promise<string | null> {
  return removeFolder(folderIn(place));
}
