import { mkdtemp, readdir, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Contents } from "./contents/contents.ts";
import { joinPath, normalizeApiPath } from "./contents/contentsPath.ts";
import { isObject } from "./contents/jsonObject.ts";
import type { TrustStore } from "./contents/trustStore.ts";
import { HttpError } from "./httpError.ts";
import type { JsonProcess } from "./json/jsonProcess.ts";

const BARE = { content: false, type: null, format: null, hash: false } as const;

export interface ShippedNotebook {
  readonly name: string;
  /** Its first heading, or its name. */
  readonly title: string;
}

export interface OpenedNotebook {
  /** In the served folder, or in the temporary one. */
  readonly path: string;
  /** True where the served folder cannot be written: the copy then ends with the server. */
  readonly isTemporary: boolean;
}

/** The notebooks that come with the package, for a folder that has none: what is opened is a copy. */
export class ShippedNotebooks {
  readonly #folder: string | null;
  readonly #trust: TrustStore;
  readonly #json: JsonProcess;
  #temporary: Promise<{ folder: string; contents: Contents }> | null = null;

  private constructor(folder: string | null, trust: TrustStore, json: JsonProcess) {
    this.#folder = folder;
    this.#trust = trust;
    this.#json = json;
  }

  /** @param folder where they lie; null, or the root itself, for none to offer */
  static async open(
    folder: string | null,
    root: string,
    trust: TrustStore,
    json: JsonProcess,
  ): Promise<ShippedNotebooks> {
    const real = folder === null ? null : await realpath(folder).catch(() => null);
    return new ShippedNotebooks(real === root ? null : real, trust, json);
  }

  async list(): Promise<ShippedNotebook[]> {
    const folder = this.#folder;
    if (folder === null) return [];
    const names = (await readdir(folder)).filter((name) => name.endsWith(".ipynb")).sort();
    return await Promise.all(
      names.map(async (name) => ({
        name,
        title: titleOf(await readFile(join(folder, name), "utf8")) ?? name,
      })),
    );
  }

  /** Copies a notebook into a folder of the root, unless its name is there already, as from the last time. */
  async copyTo(contents: Contents, rawFolder: string, name: string): Promise<OpenedNotebook> {
    const data = await this.#read(name);
    const path = joinPath(normalizeApiPath(rawFolder), name);
    try {
      await copyInto(contents, path, data);
      return { path, isTemporary: false };
    } catch (error) {
      if (!(error instanceof HttpError && error.status === 403)) throw error;
      const { contents: temporary } = await this.#openTemporary();
      await copyInto(temporary, name, data);
      return { path: name, isTemporary: true };
    }
  }

  /** What was copied because the root could not be written. @throws HttpError 404 if nothing was */
  async temporary(): Promise<Contents> {
    if (this.#temporary === null)
      throw new HttpError(
        404,
        "contents: expected a temporary copy of a notebook, got none. Open the notebook from the launcher.",
      );
    return (await this.#temporary).contents;
  }

  async close(): Promise<void> {
    const temporary = await this.#temporary?.catch(() => null);
    await temporary?.contents.close();
    if (temporary) await rm(temporary.folder, { recursive: true, force: true });
  }

  async #read(name: string): Promise<Buffer> {
    const known = (await this.list()).some((each) => each.name === name);
    if (!known || this.#folder === null)
      throw new HttpError(
        404,
        `open notebook: expected the name of one that comes with Vitrine, got ${JSON.stringify(name)}. Take one from the list.`,
      );
    return await readFile(join(this.#folder, name));
  }

  #openTemporary(): Promise<{ folder: string; contents: Contents }> {
    this.#temporary ??= (async () => {
      const folder = await realpath(await mkdtemp(join(tmpdir(), "vitrine-notebooks-")));
      return { folder, contents: new Contents(folder, this.#trust, this.#json, null) };
    })();
    return this.#temporary;
  }
}

async function copyInto(contents: Contents, path: string, data: Uint8Array): Promise<void> {
  try {
    await contents.get(path, BARE);
    return;
  } catch (error) {
    if (!(error instanceof HttpError && error.status === 404)) throw error;
  }
  await contents.save(path, { type: "file", bytes: [data], chunk: null });
  await contents.trust(path);
}

function titleOf(text: string): string | null {
  const { cells } = JSON.parse(text) as { cells?: unknown };
  for (const cell of Array.isArray(cells) ? cells : []) {
    if (!isObject(cell) || cell.cell_type !== "markdown") continue;
    const source = Array.isArray(cell.source) ? cell.source.join("") : String(cell.source);
    const heading = /^#+\s+(.+)$/m.exec(source)?.[1];
    if (heading !== undefined) return heading.trim();
  }
  return null;
}
