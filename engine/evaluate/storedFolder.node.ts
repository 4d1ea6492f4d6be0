import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { mkdir, open, readdir, readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { InputError } from "../base/errors.ts";
import { Mutex } from "../base/mutex.ts";
import { type Content, fileContent } from "../store/content.node.ts";
import { ObjectStore } from "../store/objectStore.node.ts";
import { storeAddress } from "../store/storeAddress.ts";
import { LOG, MANIFEST, parseManifest, readManifest } from "./journal.node.ts";
import { covered, type LogSegment, segmentName, segmentOf } from "./logSegments.ts";
import { differenceBetween, otherEvaluation } from "./manifestDifference.ts";
import { notWritten, replaceFile } from "./replaceFile.node.ts";
import type { Journal } from "./runEvaluation.ts";
import { fetchFile, putComplete, type StoredFile, storedFile } from "./storedFiles.node.ts";

/** How long the log rests between two segments, so that replies that come one by one are no object each. */
const PAUSE_MS = 5000;
const CHUNK_BYTES = 2 ** 16;
const LINE_FEED = 10;

export interface StoredOptions {
  /** The folder on this machine. Default: one in the cache, the same for the same address. */
  readonly scratch?: string | undefined;
  readonly storePatienceMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * An evaluation in an object store, and the folder on this machine in which it is worked on. What others finished comes from the store before
 * work begins; what is finished here goes there while work goes on, a segment of the log after the other; complete.json comes last. The
 * store holds nothing that is changed later but complete.json and tables, which have the same bytes whoever puts them.
 */
export class StoredFolder {
  readonly folder: string;
  readonly #store: ObjectStore;
  /** Of objects that are there. */
  readonly #keys: Set<string>;
  readonly #pushes = new Mutex();
  readonly #resting = new AbortController();
  readonly #abandoned: AbortController;
  #pushing: Promise<void> | null = null;
  #isDirty = false;
  #failure: { readonly error: unknown } | null = null;

  private constructor(
    folder: string,
    store: ObjectStore,
    keys: Set<string>,
    abandoned: AbortController,
  ) {
    this.folder = folder;
    this.#store = store;
    this.#keys = keys;
    this.#abandoned = abandoned;
  }

  /**
   * Brings what is finished to this machine.
   * @param address "s3://bucket/prefix"
   * @throws InputError ERR_OPTION, ERR_EVALUATION where the folder has another evaluation than the store, ERR_OUTPUT; as `ObjectStore`
   */
  static async open(address: string, options: StoredOptions): Promise<StoredFolder> {
    const { scratch, storePatienceMs: patienceMs } = options;
    const abandoned = new AbortController();
    const signals = [abandoned.signal, ...(options.signal === undefined ? [] : [options.signal])];
    const signal = AbortSignal.any(signals);
    setMaxListeners(0, signal); // every request listens
    const what = "evaluate folder";
    const place = storeAddress(what, address);
    const store = await ObjectStore.open(place, { what, patienceMs, signal });
    const folder = scratch ?? scratchFolder(store);
    const keys = new Set((await store.list()).keys());
    await mkdir(join(folder, LOG), { recursive: true }).catch((cause) => notWritten(folder, cause));
    const stored = new StoredFolder(folder, store, keys, abandoned);
    await stored.#pull();
    return stored;
  }

  /** Says in the store what is evaluated there, where nobody did. @throws InputError ERR_EVALUATION where it is something else */
  async begin(): Promise<void> {
    if (this.#keys.has(MANIFEST)) return;
    const text = await readFile(join(this.folder, MANIFEST), "utf8");
    if (!(await this.#store.create(MANIFEST, text))) await this.#pullManifest();
    this.#keys.add(MANIFEST);
  }

  /** A journal that also brings to the store what is kept, in the background. */
  journal(inner: Journal): Journal {
    return {
      finished: inner.finished,
      keepRun: inner.keepRun,
      keep: async (finished) => {
        await inner.keep(finished);
        if (this.#failure !== null) throw this.#failure.error;
        this.#isDirty = true;
        this.#pushing ??= this.#pushOn();
      },
    };
  }

  /** Brings the rest there, tables too, and says that it is whole. @throws as `open`, also where pushing failed before */
  async finish(): Promise<void> {
    this.#resting.abort();
    await this.#pushing;
    await this.#pullManifest(); // stores that know no conditions may have let somebody else begin
    await this.#push();
    const contents = new Map<string, StoredFile>();
    for (const key of [MANIFEST, ...this.#keys].filter(isOfWork)) {
      const content = await this.#contentOf(key);
      if (content !== null) contents.set(key, storedFile(content));
    }
    await putTables(this.#store, this.folder, contents);
    await putComplete(this.#store, contents);
  }

  /** Ends the work in the background at once: what is not in the store yet goes there when it is opened again. */
  async abandon(): Promise<void> {
    this.#resting.abort();
    this.#abandoned.abort();
    await this.#pushing;
  }

  async #pull(): Promise<void> {
    if (this.#keys.has(MANIFEST)) await this.#pullManifest();
    for (const key of this.#keys)
      if (isOfWork(key) && key !== MANIFEST && (await this.#sourceOf(key)) === null)
        await fetchFile(this.#store, key, this.folder, null);
  }

  /** The store's manifest, which has the cell that began it, in the place of another of the same evaluation. */
  async #pullManifest(): Promise<void> {
    const text = await this.#store.text(MANIFEST);
    if (text === null) throw this.#lost();
    const kept = await readManifest(this.folder);
    const stored = parseManifest(text, this.#store.placeOf(MANIFEST));
    const difference = kept === null ? null : differenceBetween(stored, kept);
    if (difference !== null) throw otherEvaluation(this.#store.placeOf(""), difference);
    await replaceFile(join(this.folder, MANIFEST), text);
  }

  #lost(): InputError {
    return new InputError(
      "ERR_EVALUATION",
      `${this.#store.placeOf(MANIFEST)}: expected the manifest that was there, got none: somebody deleted it. Evaluate again: what is finished is kept in ${this.folder}.`,
    );
  }

  /** Pushes as long as something is new, with rests. */
  async #pushOn(): Promise<void> {
    try {
      while (this.#isDirty && !this.#resting.signal.aborted) {
        this.#isDirty = false;
        await this.#push();
        await rest(PAUSE_MS, this.#resting.signal);
      }
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#pushing = null;
    }
  }

  /** Brings every line of every log here to the store that is not there. */
  #push(): Promise<void> {
    return this.#pushes.run(async () => {
      for (const name of await this.#logs()) {
        if (this.#keys.has(keyOf(name))) continue;
        if (segmentOf(name) !== null) {
          await this.#put(name);
          continue;
        }
        const worker = name.replace(/\.jsonl$/, "");
        const names = [...this.#keys].map((key) => key.slice(LOG.length + 1));
        const from = covered(worker, names);
        const to = await endOfLines(join(this.folder, LOG, name));
        if (to > from) await this.#put(segmentName({ worker, from, to }));
      }
    });
  }

  async #put(name: string): Promise<void> {
    const content = await this.#contentOf(keyOf(name));
    if (content === null) return;
    await this.#store.put(keyOf(name), content);
    this.#keys.add(keyOf(name));
  }

  async #logs(): Promise<string[]> {
    const names = await readdir(join(this.folder, LOG));
    return names.filter((name) => name.endsWith(".jsonl")).sort();
  }

  /** What an object holds, from this machine's files; null where they lack it. */
  async #contentOf(key: string): Promise<Content | null> {
    const source = await this.#sourceOf(key);
    return source === null ? null : fileContent(source.path, source.range);
  }

  /** A file of the same name, or for a segment the log that it is a part of. */
  async #sourceOf(key: string): Promise<{ path: string; range?: LogSegment } | null> {
    const path = join(this.folder, key);
    if ((await sizeOf(path)) !== null) return { path };
    const range = segmentOf(key.slice(LOG.length + 1));
    if (range === null) return null;
    const log = join(this.folder, LOG, `${range.worker}.jsonl`);
    return ((await sizeOf(log)) ?? 0) < range.to ? null : { path: log, range };
  }
}

/** Whether an object says what is evaluated, or what is finished. */
const isOfWork = (key: string): boolean => key === MANIFEST || /^log\/[^/]+\.jsonl$/.test(key);

const keyOf = (name: string): string => `${LOG}/${name}`;

/** Brings the files beside the logs, results.json among them, and adds what they hold to `contents`. */
export async function putTables(
  store: ObjectStore,
  folder: string,
  contents: Map<string, StoredFile>,
): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const { name } = entry;
    if (!entry.isFile() || name === MANIFEST || !/\.(parquet|csv|json)$/.test(name)) continue;
    const content = await fileContent(join(folder, name));
    await store.put(name, content);
    contents.set(name, storedFile(content));
  }
}

/** The same for the same store and address, so that a worker that is started again finds what it had. */
function scratchFolder(store: ObjectStore): string {
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  const address = `${store.origin} ${store.placeOf("")}`;
  const hash = createHash("sha256").update(address).digest("hex").slice(0, 16);
  return join(cache, "vitrine", "evaluations", hash);
}

async function sizeOf(path: string): Promise<number | null> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  return found === null ? null : found.size;
}

/** The byte behind the last line that has an end: another process may be writing the next one. */
async function endOfLines(path: string): Promise<number> {
  const file = await open(path);
  try {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    for (let end = (await file.stat()).size; end > 0; ) {
      const from = Math.max(0, end - CHUNK_BYTES);
      const { bytesRead } = await file.read(chunk, 0, end - from, from);
      const found = chunk.subarray(0, bytesRead).lastIndexOf(LINE_FEED);
      if (found >= 0) return from + found + 1;
      end = from;
    }
    return 0;
  } finally {
    await file.close();
  }
}

function rest(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
  });
}
