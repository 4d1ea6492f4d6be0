import { existsSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { ConfigError } from "../base/errors.ts";
import { onlyGguf } from "./gguf/ggufFiles.ts";
import type { DownloadOptions } from "./hub/downloadModel.node.ts";
import { hubEnvironment } from "./hub/hubEnvironment.node.ts";
import { hubName } from "./hub/hubName.ts";
import { SHARD_INDEX, SINGLE_FILE } from "./openCheckpoint.node.ts";
import { packageRoot } from "./packageRoot.node.ts";

const GGUF = ".gguf";

export interface ResolvedModel {
  /** What to call the model: the bundled name, the folder's or the file's name, or the repository's id. */
  readonly name: string;
  /** A folder in Hugging Face's layout, or a GGUF file. */
  readonly location: string;
  readonly source: "bundled" | "folder" | "file" | "hub";
}

/**
 * Finds a model by what a user calls it, in this order: a name of a model in this package ("tiny"), a folder, a GGUF file
 * (or a folder with one and no safetensors), a repository on the Hugging Face hub ("org/name", "org/name@revision", its
 * address), or a GGUF file in one ("org/name/file.gguf", "org/name:Q4_K_M"). Write "./tiny" for a folder that has a bundled
 * model's name.
 * @throws ConfigError ERR_MODEL_NOT_FOUND that lists what was looked for, ERR_MODEL_ACCESS; WeightsError ERR_DOWNLOAD
 */
export async function resolveModel(
  nameOrFolderOrId: string,
  options: DownloadOptions = {},
): Promise<ResolvedModel> {
  const given = String(nameOrFolderOrId);
  const bundled = bundledModels();
  if (bundled.includes(given))
    return { name: given, location: join(modelsFolder(), given), source: "bundled" };
  const folder = resolve(given.replace(/^~(?=[/\\]|$)/, homedir()));
  if (given !== "" && isFolder(folder))
    return { name: basename(folder), location: onlyGgufIn(folder) ?? folder, source: "folder" };
  if (folder.endsWith(GGUF) && existsSync(folder))
    return { name: basename(folder, GGUF), location: folder, source: "file" };
  const wanted = hubName(given, hubEnvironment.endpoint);
  if (wanted === null || typeof wanted === "string")
    throw new ConfigError(
      "ERR_MODEL_NOT_FOUND",
      `model ${JSON.stringify(given)}: expected a bundled model (${bundled.join(", ") || "none here"}), a folder, a GGUF file, or a Hugging Face id such as org/name, org/name@revision or org/name:Q4_K_M, got a name that is none of them (looked for the folder or file ${folder}). ${wanted ?? "Check the spelling; on the hub every model has an organization or a person before its name."}`,
    );
  // Hugging Face's library, which takes longer to load than the rest of the engine.
  const { downloadModel } = await import("./hub/downloadModel.node.ts");
  const location = await downloadModel(wanted, options).catch((error: unknown) => {
    throw error instanceof ConfigError && error.code === "ERR_MODEL_NOT_FOUND"
      ? new ConfigError(error.code, `${error.message} There is no folder ${folder} either.`, {
          cause: error,
        })
      : error;
  });
  return { name: wanted.repository, location, source: "hub" };
}

/** The GGUF file of a folder without safetensors, or a part of its one model; null where there is none, or a choice. */
function onlyGgufIn(folder: string): string | null {
  const names = readdirSync(folder);
  if (names.includes(SINGLE_FILE) || names.includes(SHARD_INDEX)) return null;
  const file = onlyGguf(names);
  return file === null ? null : join(folder, file.first);
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
