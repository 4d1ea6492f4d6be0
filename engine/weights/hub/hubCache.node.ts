import { existsSync } from "node:fs";
import { readdir, readFile, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { getRepoFolderName } from "@huggingface/hub";
import { VitrineError, WeightsError } from "../../base/errors.ts";
import { ggufModelOf, missingParts, onlyGguf } from "../gguf/ggufFiles.ts";
import { openGguf } from "../gguf/openGguf.node.ts";
import { otherSingleFile, SHARD_INDEX, SINGLE_FILE } from "../openCheckpoint.node.ts";
import { readJson } from "../readJson.node.ts";
import { SafetensorsFile } from "../safetensorsFile.node.ts";
import { parseShardIndex } from "../shardIndex.ts";
import { hubEnvironment } from "./hubEnvironment.node.ts";
import type { HubModel } from "./hubName.ts";

export const COMMIT = /^[0-9a-f]{40}$/;

/** The parts of Hugging Face's cache that belong to one repository; Python's libraries share it. */
export interface RepositoryCache {
  readonly blobs: string;
  /** The file that remembers which commit a branch or tag stood for. */
  ref(revision: string): string;
  snapshot(commit: string): string;
}

/** Where HF_HUB_CACHE, HF_HOME or XDG_CACHE_HOME put the cache; under ~/.cache/huggingface otherwise. */
export function repositoryCache(repository: string): RepositoryCache {
  const folder = join(
    hubEnvironment.cacheFolder,
    getRepoFolderName({ type: "model", name: repository }),
  );
  return {
    blobs: join(folder, "blobs"),
    ref: (revision) => join(folder, "refs", ...revision.split("/")),
    snapshot: (commit) => join(folder, "snapshots", commit),
  };
}

/** The folder of a snapshot that has everything a model needs, or the GGUF file in it; null where it is not whole. */
export async function cachedModel({
  repository,
  revision,
  file,
  quant,
}: HubModel): Promise<string | null> {
  const folder = await snapshotOf(repository, revision);
  if (folder === null) return null;
  if (file === undefined && quant === undefined && (await isComplete(folder))) return folder;
  const listed = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const names = listed.map((name) => name.split(sep).join("/"));
  const found = file === undefined ? onlyGguf(names, quant) : ggufModelOf(names, file);
  return found !== null && missingParts(found).length === 0 ? join(folder, found.first) : null;
}

/** config.json of a snapshot, whatever else is there; null where it is not. */
export async function cachedConfig({ repository, revision }: HubModel): Promise<string | null> {
  const folder = await snapshotOf(repository, revision);
  const path = folder === null ? "" : join(folder, "config.json");
  return path !== "" && existsSync(path) ? path : null;
}

/** The folder of the commit that a revision stands for; null where the cache does not know it. */
async function snapshotOf(repository: string, revision: string): Promise<string | null> {
  const cache = repositoryCache(repository);
  const commit = COMMIT.test(revision)
    ? revision
    : (await readFile(cache.ref(revision), "utf8").catch(() => "")).trim();
  return COMMIT.test(commit) ? cache.snapshot(commit) : null;
}

/** A file of the cache that is not what its own header says: cut off, or of something else. */
export interface DamagedFile {
  /** Where the bytes are, behind the links of the cache. */
  readonly path: string;
  readonly cause: WeightsError;
}

/**
 * The first weight file of a cached model whose header disagrees with its size; null where all are as they say. What the hub
 * lists is not known here.
 */
export async function damagedFile(location: string): Promise<DamagedFile | null> {
  const names = location.endsWith(".gguf")
    ? [""]
    : (await readdir(location, { recursive: true })).filter((name) =>
        name.endsWith(".safetensors"),
      );
  for (const name of names) {
    const path = join(location, name);
    try {
      const opened = await (name === "" ? openGguf(path) : SafetensorsFile.open(path));
      await opened.close();
    } catch (cause) {
      if (cause instanceof WeightsError && (name !== "" || cause.code === "ERR_WEIGHTS_TRUNCATED"))
        return { path: await realpath(path).catch(() => path), cause };
      if (!(cause instanceof VitrineError)) throw cause; // what a file says is for its loader to judge
    }
  }
  return null;
}

async function isComplete(folder: string): Promise<boolean> {
  const listed = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const names = listed.map((name) => name.split(sep).join("/"));
  if (!names.includes("config.json")) return false;
  if (names.includes(SINGLE_FILE)) return true;
  if (!names.includes(SHARD_INDEX)) return otherSingleFile(names) !== null;
  try {
    const index = await readJson(join(folder, SHARD_INDEX));
    if (index === null) return false;
    const shards = new Set(parseShardIndex(index.json, SHARD_INDEX).values());
    return [...shards].every((shard) => names.includes(shard));
  } catch {
    return false;
  }
}
