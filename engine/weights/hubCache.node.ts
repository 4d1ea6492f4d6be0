import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { getHFHubCachePath, getRepoFolderName } from "@huggingface/hub";
import { SHARD_INDEX, SINGLE_FILE } from "./openCheckpoint.node.ts";
import { readJson } from "./readJson.node.ts";
import { parseShardIndex } from "./shardIndex.ts";

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
  const folder = join(getHFHubCachePath(), getRepoFolderName({ type: "model", name: repository }));
  return {
    blobs: join(folder, "blobs"),
    ref: (revision) => join(folder, "refs", ...revision.split("/")),
    snapshot: (commit) => join(folder, "snapshots", commit),
  };
}

/** What to take from the hub. */
export interface HubModel {
  readonly repository: string;
  /** A branch, tag or commit. */
  readonly revision: string;
  /** One GGUF file of the repository, rather than a checkpoint in Hugging Face's layout. */
  readonly file?: string;
}

/** The folder of a snapshot that has everything a model needs, or the GGUF file in it; null where it is not whole. */
export async function cachedModel({
  repository,
  revision,
  file,
}: HubModel): Promise<string | null> {
  const cache = repositoryCache(repository);
  const commit = COMMIT.test(revision)
    ? revision
    : (await readFile(cache.ref(revision), "utf8").catch(() => "")).trim();
  if (!COMMIT.test(commit)) return null;
  const folder = cache.snapshot(commit);
  if (file === undefined && (await isComplete(folder))) return folder;
  const names = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const found = file ?? onlyGguf(names);
  return found !== null && names.includes(found) ? join(folder, found) : null;
}

/** The one GGUF file among a repository's files; null where there is none, or a choice. */
export function onlyGguf(paths: readonly string[]): string | null {
  const files = paths.filter((path) => path.endsWith(".gguf"));
  return files.length === 1 ? (files[0] ?? null) : null;
}

async function isComplete(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []);
  if (!names.includes("config.json")) return false;
  if (names.includes(SINGLE_FILE)) return true;
  try {
    const index = await readJson(join(folder, SHARD_INDEX));
    if (index === null) return false;
    const shards = new Set(parseShardIndex(index.json, SHARD_INDEX).values());
    return [...shards].every((shard) => names.includes(shard));
  } catch {
    return false;
  }
}
