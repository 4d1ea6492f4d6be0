import { existsSync } from "node:fs";
import { mkdir, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import {
  downloadFile,
  HubApiError,
  type ListFileEntry,
  listFiles,
  modelInfo,
} from "@huggingface/hub";
import { AbortedError, ConfigError, WeightsError } from "../../base/errors.ts";
import type { ProgressListener } from "../../base/progress.ts";
import { type GgufFiles, ggufModelOf, ggufModels, missingParts } from "../gguf/ggufFiles.ts";
import {
  missingWeights,
  otherSingleFile,
  SHARD_INDEX,
  SINGLE_FILE,
} from "../openCheckpoint.node.ts";
import { readJson } from "../readJson.node.ts";
import { parseShardIndex } from "../shardIndex.ts";
import { VOCABULARY_FILE } from "../vocabularyFile.ts";
import {
  COMMIT,
  cachedConfig,
  cachedModel,
  damagedFile,
  type RepositoryCache,
  repositoryCache,
} from "./hubCache.node.ts";
import { hubEnvironment } from "./hubEnvironment.node.ts";
import type { HubModel } from "./hubName.ts";
import { damaged, offline } from "./notReached.node.ts";
import { proxyFetch } from "./proxyFetch.node.ts";
import { receiveFile, WrongContent } from "./receiveFile.node.ts";

export interface DownloadOptions {
  readonly onProgress?: ProgressListener | undefined;
  readonly signal?: AbortSignal | undefined;
}

const CONFIG = "config.json";
const SMALL_FILES = [
  CONFIG,
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "chat_template.jinja",
];
/** How long to wait for the hub to say what a repository holds before looking at the cache instead. */
const ANSWER_MS = 15_000;

/**
 * A Hugging Face repository in the shared cache, downloaded where it is not there yet: the folder with configuration,
 * tokenizer and safetensors weights, or a GGUF file, where one is asked for or the repository has one and no safetensors.
 * Honours HF_HOME, HF_HUB_CACHE, HF_TOKEN, the token of `hf auth login`, HF_ENDPOINT, HF_HUB_OFFLINE (`hubEnvironment`),
 * HTTPS_PROXY and NO_PROXY (`proxyFetch`). What is cached works without network; a download that was interrupted goes on
 * where it stopped; a cached file of another size than the hub lists is fetched again.
 * @throws ConfigError ERR_MODEL_NOT_FOUND, ERR_MODEL_ACCESS, ERR_PROXY; WeightsError ERR_DOWNLOAD, ERR_WEIGHTS_MISSING;
 * AbortedError ERR_ABORTED
 */
export async function downloadModel(
  model: HubModel,
  options: DownloadOptions = {},
): Promise<string> {
  const cached = await cachedModel(model);
  const isOffline = hubEnvironment.isOffline;
  if (cached !== null && (COMMIT.test(model.revision) || isOffline)) {
    const damage = await damagedFile(cached);
    if (damage === null) return cached;
    if (isOffline) throw damaged(model, damage, "HF_HUB_OFFLINE is set");
  }
  if (isOffline) throw offline(model, "HF_HUB_OFFLINE is set");
  try {
    return await new Download(model, options).run();
  } catch (error) {
    if (options.signal?.aborted)
      throw new AbortedError(undefined, { cause: options.signal.reason });
    if (!(error instanceof Unreachable)) throw error;
    if (cached === null) throw offline(model, error.message, error);
    const damage = await damagedFile(cached);
    if (damage !== null) throw damaged(model, damage, error.message);
    return cached;
  }
}

/**
 * config.json of a repository, and nothing else of it: what to know before a download.
 * @returns where the file is
 * @throws as `downloadModel`; WeightsError ERR_WEIGHTS_MISSING where the repository has no config.json
 */
export async function downloadConfig(
  model: HubModel,
  options: DownloadOptions = {},
): Promise<string> {
  const cached = await cachedConfig(model);
  if (cached !== null && (COMMIT.test(model.revision) || hubEnvironment.isOffline)) return cached;
  if (hubEnvironment.isOffline) throw offline(model, "HF_HUB_OFFLINE is set");
  try {
    return await new Download(model, options).config();
  } catch (error) {
    if (options.signal?.aborted)
      throw new AbortedError(undefined, { cause: options.signal.reason });
    if (!(error instanceof Unreachable)) throw error;
    if (cached === null) throw offline(model, error.message, error);
    return cached;
  }
}

/** The hub did not say what the repository holds. */
class Unreachable extends Error {}

class Download {
  readonly #repository: string;
  readonly #revision: string;
  readonly #file: string | undefined;
  readonly #quant: string | undefined;
  readonly #options: DownloadOptions;
  readonly #cache: RepositoryCache;
  readonly #hub: { hubUrl?: string; accessToken?: string };
  #done = 0;
  #total = 0;

  constructor({ repository, revision, file, quant }: HubModel, options: DownloadOptions) {
    this.#repository = repository;
    this.#revision = revision;
    this.#file = file;
    this.#quant = quant;
    this.#options = options;
    this.#cache = repositoryCache(repository);
    const { endpoint, token } = hubEnvironment;
    this.#hub = { hubUrl: endpoint, ...(token !== null && { accessToken: token }) };
  }

  async run(): Promise<string> {
    const { commit, entries } = await this.#list();
    const folder = this.#cache.snapshot(commit);
    const gguf = this.#ggufFiles(entries);
    if (gguf !== null) {
      await this.#fetchAll(
        entries.filter(({ path }) => gguf.all.includes(path)),
        commit,
      );
      await this.#remember(commit);
      return join(folder, gguf.first);
    }
    const hasTokenizer = entries.some(({ path }) => path === "tokenizer.json");
    const names = [...SMALL_FILES, SHARD_INDEX];
    const small = entries.filter(
      ({ path }) => names.includes(path) || (!hasTokenizer && VOCABULARY_FILE.test(path)),
    );
    await this.#fetchAll(small, commit);
    const weights = await this.#weightFiles(folder, entries);
    await this.#fetchAll(weights, commit);
    await this.#remember(commit);
    return folder;
  }

  async config(): Promise<string> {
    const { commit, entries } = await this.#list();
    const found = entries.filter(({ path }) => path === CONFIG);
    if (found.length === 0) throw this.#noConfig(entries.map(({ path }) => path));
    await this.#fetchAll(found, commit);
    // A whole model of an older commit stays what the revision stands for without network.
    if (!existsSync(this.#cache.ref(this.#revision))) await this.#remember(commit);
    return join(this.#cache.snapshot(commit), CONFIG);
  }

  #noConfig(paths: readonly string[]): WeightsError {
    const isGguf = ggufModels(paths).length > 0;
    return new WeightsError(
      "ERR_WEIGHTS_MISSING",
      `${this.#repository}: expected config.json in the repository, got ${isGguf ? "GGUF files without one" : "none"}. ${isGguf ? "Name the repository that they were made from, or a folder with its config.json." : "Choose another repository."}`,
    );
  }

  /** The file that was asked for with its other parts, or the only model where there are no safetensors weights. */
  #ggufFiles(entries: readonly ListFileEntry[]): GgufFiles | null {
    const paths = entries.map(({ path }) => path);
    const isAsked = this.#file !== undefined || this.#quant !== undefined;
    const models = ggufModels(paths);
    if (!isAsked && (models.length === 0 || paths.some(isSafetensors))) return null;
    const file = this.#file === undefined ? null : ggufModelOf(paths, this.#file);
    const found = this.#file === undefined ? ggufModels(paths, this.#quant) : file ? [file] : [];
    const [model] = found;
    if (model === undefined || found.length > 1)
      throw this.#noGguf(found.length > 1 ? found : models);
    const [missing] = missingParts(model);
    if (missing === undefined) return model;
    throw new WeightsError(
      "ERR_WEIGHTS_MISSING",
      `${this.#repository}: expected every part of ${model.first} in the repository, got it without ${missing}. Choose another repository, or ask its owner.`,
    );
  }

  #noGguf(models: readonly GgufFiles[]): WeightsError {
    const expected =
      this.#file ??
      (this.#quant === undefined ? "one GGUF file" : `one GGUF file of ${this.#quant}`);
    const names = models.map(({ first }) => first);
    return new WeightsError(
      "ERR_WEIGHTS_MISSING",
      `${this.#repository}: expected ${expected} in the repository, got ${names.length > 0 ? names.slice(0, 12).join(", ") : "no GGUF file"}. ${names.length > 0 ? `Name one of them: ${this.#repository}/${names[0]}, or by how it is quantized: ${this.#repository}:Q4_K_M.` : "Choose a repository with GGUF files, or leave the name of the file away."}`,
    );
  }

  /** Which commit the branch or tag stood for. */
  async #remember(commit: string): Promise<void> {
    if (COMMIT.test(this.#revision)) return;
    const ref = this.#cache.ref(this.#revision);
    await mkdir(dirname(ref), { recursive: true });
    await writeFile(ref, commit);
  }

  async #list(): Promise<{ commit: string; entries: ListFileEntry[] }> {
    const fetch = this.#fetch(ANSWER_MS);
    try {
      const { sha } = await modelInfo({
        name: this.#repository,
        revision: this.#revision,
        additionalFields: ["sha"],
        ...this.#hub,
        fetch,
      } as Parameters<typeof modelInfo<"sha">>[0]);
      if (!COMMIT.test(sha)) throw new Error(`the hub named ${JSON.stringify(sha)} as commit`);
      const entries: ListFileEntry[] = [];
      const listing = {
        repo: this.#repository,
        revision: sha,
        recursive: true,
        ...this.#hub,
        fetch,
      };
      for await (const entry of listFiles(listing as Parameters<typeof listFiles>[0]))
        if (entry.type === "file") entries.push(entry);
      return { commit: sha, entries };
    } catch (cause) {
      throw this.#explain(cause);
    }
  }

  async #weightFiles(folder: string, entries: readonly ListFileEntry[]): Promise<ListFileEntry[]> {
    const single = entries.filter(({ path }) => path === SINGLE_FILE);
    if (single.length > 0) return single;
    const index = await readJson(join(folder, SHARD_INDEX));
    if (index === null) {
      const names = entries.map(({ path }) => path);
      const other = otherSingleFile(names);
      if (other === null) throw missingWeights(this.#repository, names, null);
      return entries.filter(({ path }) => path === other);
    }
    const shards = new Set(parseShardIndex(index.json, SHARD_INDEX).values());
    return entries.filter(({ path }) => shards.has(path));
  }

  async #fetchAll(entries: readonly ListFileEntry[], commit: string): Promise<void> {
    const missing: ListFileEntry[] = [];
    for (const entry of entries)
      if (!(await isWhole(join(this.#cache.snapshot(commit), entry.path), entry)))
        missing.push(entry);
    this.#done = 0;
    this.#total = missing.reduce((sum, { size }) => sum + size, 0);
    for (const entry of missing) await this.#fetchFile(entry, commit);
  }

  /** Into blobs/ under the hash of its content, with a link in the snapshot, as Hugging Face's own tools do. */
  async #fetchFile(entry: ListFileEntry, commit: string): Promise<void> {
    const etag = entry.lfs?.oid ?? entry.oid ?? "";
    if (!/^[0-9a-f]{40,64}$/.test(etag))
      throw this.#broken(entry.path, "a content hash", etag || "none");
    const blob = join(this.#cache.blobs, etag);
    if (!(await isWhole(blob, entry))) await this.#fetchBlob(entry, etag, commit, blob);
    const pointer = join(this.#cache.snapshot(commit), entry.path);
    await mkdir(dirname(pointer), { recursive: true });
    await rm(pointer, { force: true });
    await symlink(relative(dirname(pointer), blob), pointer).catch(() => rename(blob, pointer)); // Windows without links
  }

  async #fetchBlob(
    { path, lfs, size }: ListFileEntry,
    etag: string,
    commit: string,
    blob: string,
  ): Promise<void> {
    await mkdir(this.#cache.blobs, { recursive: true });
    const sizeBytes = lfs?.size ?? size;
    const before = this.#done;
    try {
      await receiveFile(
        blob,
        { sizeBytes, hash: { algorithm: lfs ? "sha256" : "git-sha1", hex: etag } },
        {
          stream: (from) => this.#stream(path, commit, from, sizeBytes),
          onBytes: (arrived) => {
            this.#done = before + arrived;
            this.#options.onProgress?.({
              stage: "download",
              done: this.#done,
              total: this.#total,
              label: path,
            });
          },
          isPassing: (error) =>
            !(error instanceof WeightsError || error instanceof WrongContent) &&
            !(error instanceof HubApiError && error.statusCode < 500),
          signal: this.#options.signal,
        },
      );
    } catch (cause) {
      if (cause instanceof WeightsError) throw cause;
      if (cause instanceof WrongContent) throw this.#broken(path, cause.expected, cause.got);
      throw this.#broken(path, "the whole file", messageOf(cause), cause);
    }
  }

  async #stream(
    path: string,
    commit: string,
    from: number,
    sizeBytes: number,
  ): Promise<AsyncIterable<Uint8Array>> {
    const blob = await downloadFile({
      repo: this.#repository,
      path,
      revision: commit,
      xet: false,
      ...this.#hub,
      fetch: this.#fetch(null),
    } as Parameters<typeof downloadFile>[0]);
    if (blob === null) throw this.#broken(path, "the file", "nothing");
    if (blob.size !== sizeBytes) throw new WrongContent(`${sizeBytes} bytes`, `${blob.size}`);
    return (from === 0 ? blob : blob.slice(from)).stream();
  }

  /** `fetch` that stops with the caller's signal, and after a while where one is given. */
  #fetch(timeoutMs: number | null): typeof fetch {
    const { signal } = this.#options;
    const fetch = proxyFetch();
    return (input, init) => {
      const signals = [
        init?.signal,
        signal,
        timeoutMs === null ? null : AbortSignal.timeout(timeoutMs),
      ];
      const given = signals.filter((one) => one != null);
      return fetch(input, given.length > 0 ? { ...init, signal: AbortSignal.any(given) } : init);
    };
  }

  #explain(cause: unknown): Error {
    const where = `${this.#repository}@${this.#revision}`;
    if (!(cause instanceof HubApiError)) return new Unreachable(messageOf(cause), { cause });
    if (cause.statusCode === 401 || cause.statusCode === 403)
      return new ConfigError(
        "ERR_MODEL_ACCESS",
        `${where}: expected a public repository or a token that may read it, got HTTP ${cause.statusCode}. ${this.#hub.accessToken === undefined ? "No token was sent" : "The token that was sent may not read it"}. Check the name; if the repository is private or gated, accept its terms on the hub, then log in with \`hf auth login\` or set HF_TOKEN.`,
        { cause },
      );
    if (cause.statusCode === 404)
      return new ConfigError(
        "ERR_MODEL_NOT_FOUND",
        `${where}: expected a model repository on the Hugging Face hub, got HTTP 404. Check the name and the revision.`,
        { cause },
      );
    return new Unreachable(`HTTP ${cause.statusCode}`, { cause });
  }

  #broken(path: string, expected: string, got: string, cause?: unknown): WeightsError {
    return new WeightsError(
      "ERR_DOWNLOAD",
      `${this.#repository}/${path}: expected ${expected}, got ${got}. Try again; what has arrived is kept.`,
      { cause },
    );
  }
}

function isSafetensors(path: string): boolean {
  return path === SINGLE_FILE || path === SHARD_INDEX;
}

/** Is the file there, as long as the hub says? */
async function isWhole(path: string, { size, lfs }: ListFileEntry): Promise<boolean> {
  return (await stat(path).catch(() => null))?.size === (lfs?.size ?? size);
}

function messageOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? `${cause.message}: ${cause.cause.message}` : cause.message;
}
