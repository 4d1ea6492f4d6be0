import { constants } from "node:fs";
import { access, mkdir, readdir, rename } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { basename } from "node:path/posix";
import { HttpError, withFileErrors } from "../httpError.ts";
import type { JsonProcess } from "../json/jsonProcess.ts";
import { atomicSave, type SaveOptions } from "./atomicSave.ts";
import { CheckpointStore } from "./checkpointStore.ts";
import { bareModel, type ContentsModel, type ContentsType, sha256OfFile } from "./contentsModel.ts";
import { isHiddenPath, joinPath, normalizeApiPath, notFound, parentPath } from "./contentsPath.ts";
import { copyExclusive, copyFolder, createExclusive } from "./createWhole.ts";
import { type FileObservers, observersOf } from "./fileObservers.ts";
import type { PieceObserver } from "./filePieces.ts";
import { removeEntry } from "./folderTree.ts";
import { copyName, createUnderFreeName, untitledName } from "./freeName.ts";
import { type Held, isInside } from "./held.ts";
import { mimeTypeOf } from "./mimeType.ts";
import { emptyNotebook, formatNotebook } from "./notebookFormat.ts";
import type { OpenedFile } from "./openedFile.ts";
import { type Place, RootFolder } from "./rootFolder.ts";
import type { SaveRequest } from "./saveRequest.ts";
import type { Trash } from "./trash.ts";
import type { TrustStore } from "./trustStore.ts";
import { UploadStore } from "./uploadStore.ts";

export interface GetOptions {
  /** False leaves `content` out. */
  readonly content: boolean;
  readonly type: ContentsType | null;
  readonly format: "text" | "base64" | null;
  readonly hash: boolean;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** What is sent as text inside JSON must fit a string twice over, in base64 and quoted. */
const MAX_CONTENT_BYTES = 256 * 2 ** 20;

/** Each is held open while it is looked at. */
const ENTRIES_AT_ONCE = 64;

const BARE: GetOptions = { content: false, type: null, format: null, hash: false };

/** The files and folders under one root, as Jupyter's contents API sees them. */
export class Contents {
  readonly checkpoints: CheckpointStore;
  readonly #folder: RootFolder;
  readonly #trust: TrustStore;
  readonly #json: JsonProcess;
  readonly #trash: Trash | null;
  readonly #uploads: UploadStore;
  readonly #observers: FileObservers;

  /** @param trash where deleted files go; null deletes them for good */
  constructor(
    realRoot: string,
    trust: TrustStore,
    json: JsonProcess,
    trash: Trash | null,
    observers: FileObservers = {},
  ) {
    this.#folder = new RootFolder(realRoot);
    this.#trust = trust;
    this.#json = json;
    this.#trash = trash;
    this.#observers = observers;
    this.#uploads = new UploadStore(this.#folder, observers.onStep);
    this.checkpoints = new CheckpointStore(this.#folder, observers);
  }

  /** Told of every piece of a file that is served. */
  get onPiece(): PieceObserver | undefined {
    return this.#observers.onPiece;
  }

  /** Whether deleted files can be taken back. */
  get hasTrash(): boolean {
    return this.#trash !== null;
  }

  /** Opens a file to be served; the handle is the caller's to close. */
  async open(path: string): Promise<OpenedFile> {
    return await this.#folder.target(path, async ({ held, realPath }) => {
      if (held === null) throw notFound(normalizeApiPath(path));
      return { path: realPath, file: await held.openToRead() };
    });
  }

  /** Where a folder lies on disk, or the folder of a file. */
  async folderOnDisk(path: string): Promise<string> {
    return await this.#folder.target(path, async ({ held, folder, realPath }) => {
      if (held === null) throw notFound(normalizeApiPath(path));
      return held.stats.isDirectory() ? realPath : folder.realPath;
    });
  }

  /** The path under which the API knows a file on disk, or null if it does not. Relative ones start at `folder`. */
  async apiPathOf(onDisk: string, folder: string | null): Promise<string | null> {
    const path = relative(this.#folder.realRoot, resolve(folder ?? this.#folder.realRoot, onDisk));
    try {
      const apiPath = normalizeApiPath(path.split(sep).join("/"));
      return await this.#folder.target(apiPath, async ({ held }) =>
        held === null ? null : apiPath,
      );
    } catch {
      return null;
    }
  }

  async get(rawPath: string, options: GetOptions): Promise<ContentsModel> {
    const path = normalizeApiPath(rawPath);
    return await withFileErrors("open", path, () =>
      this.#folder.target(path, (place) => this.#get(path, place, options)),
    );
  }

  async #get(path: string, place: Place, options: GetOptions): Promise<ContentsModel> {
    const held = place.held;
    if (held === null) throw notFound(path);
    const model = await bareOf(path, held);
    if (model.type === "directory") {
      if (options.type !== null && options.type !== "directory") {
        throw new HttpError(
          400,
          `open ${path}: expected a ${options.type}, got a folder. Ask for type "directory".`,
          { reason: "bad type" },
        );
      }
      return options.content
        ? { ...model, format: "json", content: await this.#list(path, held) }
        : model;
    }
    if (options.type === "directory") {
      throw new HttpError(
        400,
        `open ${path}: expected a folder, got a file. Ask for type "file".`,
        { reason: "bad type" },
      );
    }
    return await this.#file(
      options.type === null ? model : { ...model, type: options.type },
      held,
      options,
    );
  }

  /** Creates an empty file, notebook or folder under a name that is free in `folder`. */
  async createUntitled(
    folder: string,
    type: ContentsType,
    extension: string,
  ): Promise<ContentsModel> {
    const path = normalizeApiPath(folder);
    return await withFileErrors("create in", path, () =>
      this.#existingFolder(path, async (parent) => {
        const suffix = type === "notebook" ? ".ipynb" : type === "directory" ? "" : extension;
        const name = await createUnderFreeName(
          untitledName(type, normalizeApiPath(suffix)),
          async (candidate) => {
            const target = join(parent.path, candidate);
            if (type === "directory") await mkdir(target);
            else
              await createExclusive(
                target,
                type === "notebook" ? formatNotebook(emptyNotebook()) : [],
                this.#saveOptions(parent, candidate),
              );
          },
        );
        return await this.get(joinPath(path, name), BARE);
      }),
    );
  }

  async copy(rawFrom: string, rawFolder: string): Promise<ContentsModel> {
    const from = normalizeApiPath(rawFrom);
    const folder = normalizeApiPath(rawFolder);
    requireVisible("copy", from);
    return await withFileErrors("copy", from, () =>
      this.#folder.target(from, ({ held: source }) =>
        this.#existingFolder(folder, async (parent) => {
          if (source === null || !(source.stats.isDirectory() || source.stats.isFile()))
            throw notFound(from);
          const sameFolder = parentPath(from) === folder;
          const variant = (attempt: number) =>
            sameFolder
              ? copyName(basename(from))(attempt)
              : attempt === 0
                ? basename(from)
                : copyName(basename(from))(attempt - 1);
          const name = await createUnderFreeName(variant, async (candidate) => {
            if (source.stats.isDirectory()) await copyFolder(source, parent, candidate);
            else {
              const target = join(parent.path, candidate);
              await copyExclusive(source, target, this.#saveOptions(parent, candidate));
            }
          });
          return await this.get(joinPath(folder, name), BARE);
        }),
      ),
    );
  }

  /** Saves what the body of a request asks for. @returns as `save` */
  async saveBody(rawPath: string, body: Uint8Array): ReturnType<Contents["save"]> {
    const path = normalizeApiPath(rawPath);
    const task = { sizeBytes: body.byteLength, about: `save ${path}` };
    const input = () => ({ path, bytes: [body] });
    return await this.save(path, await this.#json.run("readSave", task, input));
  }

  /** @returns the new model and whether the file did not exist before */
  async save(
    rawPath: string,
    request: SaveRequest,
  ): Promise<{ model: ContentsModel; created: boolean }> {
    const path = normalizeApiPath(rawPath);
    if (path === "")
      throw new HttpError(
        400,
        "save: expected the path of a file or folder, got the root. Give it a name.",
      );
    requireVisible("save", path);
    return await withFileErrors("save", path, () =>
      this.#folder.target(path, async (place) => {
        const old =
          place.held === null ? null : place.held.stats.isDirectory() ? "directory" : "file";
        const options = this.#saveOptions(place.folder, place.name);
        if (request.type === "directory") {
          if (old === "file")
            throw new HttpError(
              400,
              `save ${path}: expected a folder or a free name, got a file. Choose another name.`,
            );
          if (old === null) await mkdir(place.path);
          return { model: await this.get(path, BARE), created: old === null };
        }
        if (old === "directory")
          throw new HttpError(
            400,
            `save ${path}: expected a file, got a folder. Choose another name.`,
          );
        if (request.type === "notebook") {
          if (request.isTrusted) await this.#trust.trust(request.bytes);
          await atomicSave(place.path, request.bytes, options);
          const model = await this.get(path, { ...BARE, type: "notebook", hash: true });
          return { model: withMessage(model, request.message), created: old === null };
        }
        if (request.chunk === null) await atomicSave(place.path, request.bytes, options);
        else await this.#uploads.add(path, place, request.bytes, request.chunk);
        if (request.chunk !== null && request.chunk !== -1) {
          return { model: this.#uploads.model(path), created: old === null };
        }
        return {
          model: await this.get(path, { ...BARE, type: "file", hash: true }),
          created: old === null,
        };
      }),
    );
  }

  async rename(rawFrom: string, rawTo: string): Promise<ContentsModel> {
    const from = normalizeApiPath(rawFrom);
    const to = normalizeApiPath(rawTo);
    if (from === "" || to === "")
      throw new HttpError(
        400,
        "rename: expected the path of a file or folder, got the root. Give its path.",
      );
    requireVisible("rename", from);
    requireVisible("rename to", to);
    if (from === to) return await this.get(to, BARE);
    return await withFileErrors("rename", from, () =>
      this.#folder.entry(from, (source) =>
        this.#folder.entry(to, async (target) => {
          if (source.held === null) throw notFound(from);
          const { stats } = source.held;
          const sameFile =
            target.held !== null &&
            target.held.stats.ino === stats.ino &&
            target.held.stats.dev === stats.dev;
          if (target.held !== null && !sameFile) {
            throw new HttpError(
              409,
              `rename ${from}: expected a free name, got ${to}, which exists. Choose another name.`,
            );
          }
          if (stats.isDirectory() && isInside(source.realPath, target.realPath) && !sameFile) {
            throw new HttpError(
              400,
              `rename ${from}: expected a place outside the folder itself, got ${to}. Choose another place.`,
            );
          }
          await Promise.all([source.folder.confirm(), target.folder.confirm()]);
          await rename(source.path, target.path);
          if (!stats.isDirectory()) await this.checkpoints.move(source, target);
          return await this.get(to, BARE);
        }),
      ),
    );
  }

  /**
   * Moves a file, a folder with all that is in it, or a link (never what it leads to) to the trash if there is one, else
   * deletes it for good. A file's checkpoint is deleted for good.
   */
  async delete(rawPath: string): Promise<void> {
    const path = normalizeApiPath(rawPath);
    if (path === "")
      throw new HttpError(
        400,
        "delete: expected the path of a file or folder, got the root. Give its path.",
      );
    requireVisible("delete", path);
    await withFileErrors("delete", path, () =>
      this.#folder.entry(path, async (place) => {
        if (place.held === null) throw notFound(path);
        await place.folder.confirm();
        if (this.#trash !== null) await this.#trash.put(place);
        else await removeEntry(place.folder, place.name);
        if (!place.held.stats.isDirectory()) await this.checkpoints.deleteAll(place);
      }),
    );
  }

  /** Declares the outputs of a notebook safe to show in full. */
  async trust(rawPath: string): Promise<void> {
    const path = normalizeApiPath(rawPath);
    await withFileErrors("trust", path, () =>
      this.#folder.target(path, async ({ held }) => {
        if (held === null) throw notFound(path);
        const task = { sizeBytes: held.stats.size, about: `trust ${path}` };
        const input = async () => ({ path, bytes: [await readWhole(held)] });
        await this.#trust.trust((await this.#json.run("plainNotebook", task, input)).bytes);
      }),
    );
  }

  async close(): Promise<void> {
    await this.#uploads.close();
  }

  async #existingFolder<T>(path: string, action: (folder: Held) => Promise<T>): Promise<T> {
    return await this.#folder.target(path, async ({ held }) => {
      if (held === null) throw notFound(path);
      if (!held.stats.isDirectory())
        throw new HttpError(
          400,
          `contents: expected a folder, got the file ${path}. Give the path of a folder.`,
        );
      return await action(held);
    });
  }

  /** For what is written under a name in a folder. */
  #saveOptions(folder: Held, name: string): SaveOptions {
    const observers = observersOf(this.#observers, join(folder.realPath, name));
    return { ...observers, confirm: () => folder.confirm() };
  }

  /** What a folder holds, without hidden entries, dead links, links that lead outside, pipes and devices. */
  async #list(path: string, folder: Held): Promise<Uint8Array[]> {
    const names = (await readdir(folder.path)).filter((name) => !name.startsWith("."));
    await folder.confirm();
    const texts: string[] = [];
    for (let start = 0; start < names.length; start += ENTRIES_AT_ONCE) {
      const some = names.slice(start, start + ENTRIES_AT_ONCE);
      const models = await Promise.all(some.map((name) => this.#listed(path, folder, name)));
      for (const model of models) if (model !== null) texts.push(JSON.stringify(model));
    }
    return [Buffer.from(`[${texts.join(",")}]`)];
  }

  async #listed(path: string, folder: Held, name: string): Promise<ContentsModel | null> {
    try {
      const held = await folder.child(name);
      try {
        if (!held.stats.isSymbolicLink()) return await bareOf(joinPath(path, name), held);
      } finally {
        await held.close();
      }
      return await this.get(joinPath(path, name), BARE);
    } catch (error) {
      if (["EMFILE", "ENFILE"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      return null;
    }
  }

  async #file(model: ContentsModel, held: Held, options: GetOptions): Promise<ContentsModel> {
    const withHash = (hash: string): ContentsModel => ({
      ...model,
      hash,
      hash_algorithm: "sha256",
    });
    if (!options.content) return options.hash ? withHash(await this.#hash(held)) : model;
    requireFits(model);
    const { path } = model;
    const { hash, signal } = options;
    const task = { sizeBytes: held.stats.size, about: `open ${path}`, signal };
    const input = async () => ({ path, hash, bytes: [await readWhole(held)] });
    if (model.type === "notebook") {
      const known = await this.#trust.known();
      const opened = await this.#json.run("openNotebook", task, async () => ({
        ...(await input()),
        ...known,
      }));
      const hashed = opened.hash === null ? model : withHash(opened.hash);
      return { ...withMessage(hashed, opened.message), format: "json", content: opened.bytes };
    }
    const opened = await this.#json.run("openText", task, async () => ({
      ...(await input()),
      format: options.format,
    }));
    const hashed = opened.hash === null ? model : withHash(opened.hash);
    const { format, bytes: content } = opened;
    const fallback = format === "text" ? "text/plain" : "application/octet-stream";
    return { ...hashed, format, content, mimetype: hashed.mimetype ?? fallback };
  }

  async #hash(held: Held): Promise<string> {
    const file = await held.openToRead();
    try {
      return await sha256OfFile(held.realPath, file, this.#observers.onPiece);
    } finally {
      await file.close();
    }
  }
}

async function bareOf(path: string, held: Held): Promise<ContentsModel> {
  const { stats } = held;
  if (!stats.isDirectory() && !stats.isFile()) throw notFound(path);
  const type = stats.isDirectory() ? "directory" : path.endsWith(".ipynb") ? "notebook" : "file";
  const model = bareModel(path, type, stats, await isWritable(held.path));
  return type === "file" ? { ...model, mimetype: mimeTypeOf(path) } : model;
}

async function readWhole(held: Held): Promise<Buffer> {
  const file = await held.openToRead();
  try {
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function withMessage(model: ContentsModel, message: string | null): ContentsModel {
  return message === null ? model : { ...model, message };
}

/** @throws HttpError 400 for a name that starts with a dot, as Jupyter's own server answers what would change such a file */
function requireVisible(operation: string, path: string): void {
  if (!isHiddenPath(path)) return;
  throw new HttpError(
    400,
    `${operation} ${path}: expected names that do not start with a dot, got one that does. Hidden files are out of reach.`,
    { reason: "hidden" },
  );
}

function requireFits({ path, size }: ContentsModel): void {
  if ((size ?? 0) <= MAX_CONTENT_BYTES) return;
  throw new HttpError(
    413,
    `open ${path}: expected at most ${MAX_CONTENT_BYTES / 2 ** 20} MiB, got ${Math.ceil((size ?? 0) / 2 ** 20)} MiB. Download it instead: right-click, Download.`,
    { reason: "too large" },
  );
}

async function isWritable(onDisk: string): Promise<boolean> {
  try {
    await access(onDisk, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
