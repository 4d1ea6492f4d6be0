import { existsSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { type DownloadOptions, downloadModel } from "./downloadModel.node.ts";
import { packageRoot } from "./packageRoot.node.ts";

export interface ResolvedModel {
  /** What to call the model: the bundled name, the folder's name, or the repository's id. */
  readonly name: string;
  readonly folder: string;
  readonly source: "bundled" | "folder" | "hub";
}

/**
 * Finds a model by what a user calls it, in this order: a name of a model in this package ("tiny"), a folder, a repository
 * on the Hugging Face hub ("org/name" or "org/name@revision"). Write "./tiny" for a folder that has a bundled model's name.
 * @throws ConfigError ERR_MODEL_NOT_FOUND that lists what was looked for, ERR_MODEL_ACCESS; WeightsError ERR_DOWNLOAD
 */
export async function resolveModel(
  nameOrFolderOrId: string,
  options: DownloadOptions = {},
): Promise<ResolvedModel> {
  const given = String(nameOrFolderOrId);
  const bundled = bundledModels();
  if (bundled.includes(given))
    return { name: given, folder: join(modelsFolder(), given), source: "bundled" };
  const folder = resolve(given.replace(/^~(?=[/\\]|$)/, homedir()));
  if (given !== "" && isFolder(folder)) return { name: basename(folder), folder, source: "folder" };
  const id = /^([\w-][\w.-]*\/[\w-][\w.-]*)(?:@([\w-][\w./-]*))?$/.exec(given);
  if (id === null || given.includes(".."))
    throw new ConfigError(
      "ERR_MODEL_NOT_FOUND",
      `model ${JSON.stringify(given)}: expected a bundled model (${bundled.join(", ") || "none here"}), a folder, or a Hugging Face id such as org/name, got a name that is none of them (looked for the folder ${folder}). Check the spelling.`,
    );
  const [, repository = "", revision = "main"] = id;
  const snapshot = await downloadModel(repository, revision, options).catch((error: unknown) => {
    throw error instanceof ConfigError && error.code === "ERR_MODEL_NOT_FOUND"
      ? new ConfigError(error.code, `${error.message} There is no folder ${folder} either.`, {
          cause: error,
        })
      : error;
  });
  return { name: repository, folder: snapshot, source: "hub" };
}

/** Names of the models that come with this package. */
export function bundledModels(): string[] {
  const folder = modelsFolder();
  if (!isFolder(folder)) return [];
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, "config.json")));
}

function modelsFolder(): string {
  return join(packageRoot(), "models");
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
