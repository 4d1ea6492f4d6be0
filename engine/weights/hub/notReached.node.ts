import { WeightsError } from "../../base/errors.ts";
import type { DamagedFile } from "./hubCache.node.ts";
import { hubEnvironment } from "./hubEnvironment.node.ts";
import type { HubModel } from "./hubName.ts";

/** Neither the cache nor the hub has it. */
export function offline(
  { repository, revision }: HubModel,
  why: string,
  cause?: unknown,
): WeightsError {
  return new WeightsError(
    "ERR_DOWNLOAD",
    `${repository}@${revision}: expected the model in the cache (${hubEnvironment.cacheFolder}) or the hub within reach, got neither (${why}). Connect once to download it, behind a proxy with HTTPS_PROXY, or pass a folder.`,
    { cause },
  );
}

/** The cache has it in part, and the hub cannot be asked for the rest. */
export function damaged(
  { repository, revision }: HubModel,
  file: DamagedFile,
  why: string,
): WeightsError {
  return new WeightsError(
    "ERR_DOWNLOAD",
    `${repository}@${revision}: expected whole files in the cache, got a damaged one at ${file.path}, and the hub cannot be asked for it (${why}). Delete the file and load the model once with the hub within reach. (${file.cause.message})`,
    { cause: file.cause },
  );
}
