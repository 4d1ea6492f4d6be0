import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { isObject } from "./json.ts";

/** What was found out on this machine, by what it was found out of: a file of JSON that commands write and that may be deleted. */
export class CacheFile {
  readonly #name: string;
  readonly #refuse: (what: string) => Error;

  /** @param refuse makes the error for a file that has something else than `what` is expected */
  constructor(name: string, refuse: (what: string) => Error) {
    this.#name = name;
    this.#refuse = refuse;
  }

  /** vitrine/NAME in XDG_CACHE_HOME, under ~/.cache otherwise. */
  get path(): string {
    return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "vitrine", this.#name);
  }

  /** Everything in it; nothing where there is no file. @throws what `refuse` makes */
  async read(): Promise<Readonly<Record<string, unknown>>> {
    let text: string;
    try {
      text = await readFile(this.path, "utf8");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
      throw error;
    }
    try {
      const entries: unknown = JSON.parse(text);
      if (isObject(entries)) return entries;
    } catch {}
    throw this.#refuse("an object of JSON, got something else");
  }

  /** Sets one entry and leaves the others. @throws what `refuse` makes */
  async write(key: string, value: unknown): Promise<void> {
    const entries = { ...(await this.read()), [key]: value };
    const file = this.path;
    const temporary = `${file}.${process.pid}`;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, `${JSON.stringify(entries, null, 2)}\n`);
    await rename(temporary, file);
  }
}
