import { constants } from "node:fs";
import {
  access,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  unlink,
} from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { basename } from "node:path/posix";
import { HttpError, withFileErrors } from "../httpError.ts";
import { atomicSave } from "./atomicSave.ts";
import { CheckpointStore } from "./checkpointStore.ts";
import {
  bareModel,
  type ContentsModel,
  type ContentsType,
  sha256,
  sha256OfFile,
} from "./contentsModel.ts";
import {
  isHiddenPath,
  joinPath,
  normalizeApiPath,
  notFound,
  parentPath,
  RootFolder,
} from "./contentsPath.ts";
import { copyExclusive, copyFolder, createExclusive } from "./createWhole.ts";
import type { FileObservers } from "./fileObservers.ts";
import type { PieceObserver } from "./filePieces.ts";
import { decodeText, fileContent } from "./fileText.ts";
import { copyName, createUnderFreeName, untitledName } from "./freeName.ts";
import { mimeTypeOf } from "./mimeType.ts";
import {
  checkNotebook,
  emptyNotebook,
  formatNotebook,
  type Notebook,
  parseNotebook,
} from "./notebookFormat.ts";
import { validateNotebook } from "./notebookValidation.ts";
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
}

/** What is sent as text inside JSON must fit a string twice over, in base64 and quoted. */
const MAX_CONTENT_BYTES = 256 * 2 ** 20;

const BARE: GetOptions = { content: false, type: null, format: null, hash: false };

/** The files and folders under one root, as Jupyter's contents API sees them. */
export class Contents {
  readonly checkpoints: CheckpointStore;
  readonly #folder: RootFolder;
  readonly #trust: TrustStore;
  readonly #trash: Trash | null;
  readonly #uploads: UploadStore;
  readonly #observers: FileObservers;

  /** @param trash where deleted files go; null deletes them for good */
  constructor(
    realRoot: string,
    trust: TrustStore,
    trash: Trash | null,
    observers: FileObservers = {},
  ) {
    this.#folder = new RootFolder(realRoot);
    this.#trust = trust;
    this.#trash = trash;
    this.#observers = observers;
    this.#uploads = new UploadStore(observers.onStep);
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

  /** The place on disk that a path leads to; inside the root. */
  async locate(path: string): Promise<string> {
    return await this.#folder.target(path);
  }

  /** The path under which the API knows a file on disk, or null if it does not. Relative ones start at `folder`. */
  async apiPathOf(onDisk: string, folder: string | null): Promise<string | null> {
    const path = relative(this.#folder.realRoot, resolve(folder ?? this.#folder.realRoot, onDisk));
    try {
      const apiPath = normalizeApiPath(path.split(sep).join("/"));
      await stat(await this.#folder.target(apiPath));
      return apiPath;
    } catch {
      return null;
    }
  }

  async get(rawPath: string, options: GetOptions): Promise<ContentsModel> {
    const path = normalizeApiPath(rawPath);
    return await withFileErrors("open", path, async () => {
      const model = await this.#bare(path);
      if (model.type === "directory") {
        if (options.type !== null && options.type !== "directory") {
          throw new HttpError(
            400,
            `open ${path}: expected a ${options.type}, got a folder. Ask for type "directory".`,
            { reason: "bad type" },
          );
        }
        return options.content
          ? { ...model, format: "json", content: await this.#list(path) }
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
        options,
      );
    });
  }

  /** Creates an empty file, notebook or folder under a name that is free in `folder`. */
  async createUntitled(
    folder: string,
    type: ContentsType,
    extension: string,
  ): Promise<ContentsModel> {
    const path = normalizeApiPath(folder);
    return await withFileErrors("create in", path, async () => {
      const onDisk = await this.#existingFolder(path);
      const suffix = type === "notebook" ? ".ipynb" : type === "directory" ? "" : extension;
      const name = await createUnderFreeName(
        untitledName(type, normalizeApiPath(suffix)),
        async (candidate) => {
          const target = join(onDisk, candidate);
          if (type === "directory") await mkdir(target);
          else
            await createExclusive(
              target,
              type === "notebook" ? formatNotebook(emptyNotebook()) : "",
              { onStep: this.#observers.onStep },
            );
        },
      );
      return await this.get(joinPath(path, name), BARE);
    });
  }

  async copy(rawFrom: string, rawFolder: string): Promise<ContentsModel> {
    const from = normalizeApiPath(rawFrom);
    const folder = normalizeApiPath(rawFolder);
    requireVisible("copy", from);
    return await withFileErrors("copy", from, async () => {
      const source = await this.#folder.target(from);
      const isFolder = (await stat(source)).isDirectory();
      const onDisk = await this.#existingFolder(folder);
      const sameFolder = parentPath(from) === folder;
      const variant = (attempt: number) =>
        sameFolder
          ? copyName(basename(from))(attempt)
          : attempt === 0
            ? basename(from)
            : copyName(basename(from))(attempt - 1);
      const name = await createUnderFreeName(variant, async (candidate) => {
        const target = join(onDisk, candidate);
        if (isFolder) await copyFolder(source, target);
        else await copyExclusive(source, target, { onStep: this.#observers.onStep });
      });
      return await this.get(joinPath(folder, name), BARE);
    });
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
    return await withFileErrors("save", path, async () => {
      const onDisk = await this.#folder.target(path);
      const old = await kindOf(onDisk);
      if (request.type === "directory") {
        if (old === "file")
          throw new HttpError(
            400,
            `save ${path}: expected a folder or a free name, got a file. Choose another name.`,
          );
        if (old === null) await mkdir(onDisk);
        return { model: await this.get(path, BARE), created: old === null };
      }
      if (old === "directory")
        throw new HttpError(
          400,
          `save ${path}: expected a file, got a folder. Choose another name.`,
        );
      if (request.type === "notebook") {
        const notebook = await this.#trust.unmark(checkNotebook(request.content, path));
        await atomicSave(onDisk, formatNotebook(notebook), { onStep: this.#observers.onStep });
        const model = await this.get(path, { ...BARE, type: "notebook", hash: true });
        return { model: withMessage(model, notebook), created: old === null };
      }
      if (request.chunk === null)
        await atomicSave(onDisk, request.data, { onStep: this.#observers.onStep });
      else await this.#uploads.add(onDisk, request.data, request.chunk);
      if (request.chunk !== null && request.chunk !== -1) {
        return { model: this.#uploads.model(path, onDisk), created: old === null };
      }
      return {
        model: await this.get(path, { ...BARE, type: "file", hash: true }),
        created: old === null,
      };
    });
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
    return await withFileErrors("rename", from, async () => {
      const source = await this.#folder.entry(from);
      const target = await this.#folder.entry(to);
      const sourceStats = await lstat(source);
      const targetStats = await lstat(target).catch(() => null);
      const sameFile =
        targetStats !== null &&
        targetStats.ino === sourceStats.ino &&
        targetStats.dev === sourceStats.dev;
      if (targetStats !== null && !sameFile) {
        throw new HttpError(
          409,
          `rename ${from}: expected a free name, got ${to}, which exists. Choose another name.`,
        );
      }
      if (sourceStats.isDirectory() && `${target}/`.startsWith(`${source}/`) && !sameFile) {
        throw new HttpError(
          400,
          `rename ${from}: expected a place outside the folder itself, got ${to}. Choose another place.`,
        );
      }
      await rename(source, target);
      if (!sourceStats.isDirectory()) await this.checkpoints.move(source, target);
      return await this.get(to, BARE);
    });
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
    await withFileErrors("delete", path, async () => {
      const onDisk = await this.#folder.entry(path);
      const isFolder = (await lstat(onDisk)).isDirectory();
      if (this.#trash !== null) await this.#trash.put(onDisk);
      else if (isFolder) await rm(onDisk, { recursive: true, maxRetries: 3 });
      else await unlink(onDisk);
      if (!isFolder) await this.checkpoints.deleteAll(onDisk);
    });
  }

  /** Declares the outputs of a notebook safe to show in full. */
  async trust(rawPath: string): Promise<void> {
    const path = normalizeApiPath(rawPath);
    await withFileErrors("trust", path, async () => {
      await this.#trust.trust(
        parseNotebook(await readFile(await this.#folder.target(path), "utf8"), path),
      );
    });
  }

  async close(): Promise<void> {
    await this.#uploads.close();
  }

  async #existingFolder(path: string): Promise<string> {
    const onDisk = await this.#folder.target(path);
    const kind = await kindOf(onDisk);
    if (kind === null) throw notFound(path);
    if (kind === "file")
      throw new HttpError(
        400,
        `contents: expected a folder, got the file ${path}. Give the path of a folder.`,
      );
    return onDisk;
  }

  async #bare(path: string): Promise<ContentsModel> {
    const onDisk = await this.#folder.target(path);
    const stats = await stat(onDisk);
    if (!stats.isDirectory() && !stats.isFile()) throw notFound(path);
    const type = stats.isDirectory() ? "directory" : path.endsWith(".ipynb") ? "notebook" : "file";
    const model = bareModel(path, type, stats, await isWritable(onDisk));
    return type === "file" ? { ...model, mimetype: mimeTypeOf(path) } : model;
  }

  /** What a folder holds, without hidden entries, dead links, links that lead outside, pipes and devices. */
  async #list(path: string): Promise<ContentsModel[]> {
    const names = await readdir(await this.#folder.target(path));
    const models = await Promise.all(
      names
        .filter((name) => !name.startsWith("."))
        .map(async (name) => {
          try {
            return await this.#bare(joinPath(path, name));
          } catch {
            return null;
          }
        }),
    );
    return models.filter((model) => model !== null);
  }

  async #file(model: ContentsModel, options: GetOptions): Promise<ContentsModel> {
    const onDisk = await this.#folder.target(model.path);
    const withHash = (hash: string): ContentsModel => ({
      ...model,
      hash,
      hash_algorithm: "sha256",
    });
    if (!options.content)
      return options.hash ? withHash(await sha256OfFile(onDisk, this.#observers.onPiece)) : model;
    requireFits(model);
    const bytes = await readFile(onDisk);
    const hashed = options.hash ? withHash(sha256(bytes)) : model;
    if (model.type === "notebook") {
      const notebook: Notebook = parseNotebook(decodeText(bytes, model.path), model.path);
      const opened = withMessage(hashed, notebook);
      return { ...opened, format: "json", content: await this.#trust.mark(notebook) };
    }
    const { format, content } = fileContent(bytes, model.path, options.format);
    const fallback = format === "text" ? "text/plain" : "application/octet-stream";
    return { ...hashed, format, content, mimetype: hashed.mimetype ?? fallback };
  }
}

function withMessage(model: ContentsModel, notebook: Notebook): ContentsModel {
  const message = validateNotebook(notebook);
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

async function kindOf(onDisk: string): Promise<"file" | "directory" | null> {
  try {
    return (await stat(onDisk)).isDirectory() ? "directory" : "file";
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

async function isWritable(onDisk: string): Promise<boolean> {
  try {
    await access(onDisk, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
