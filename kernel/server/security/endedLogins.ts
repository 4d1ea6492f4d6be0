import { appendFile, mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { atomicSave } from "../contents/atomicSave.ts";

/** Cookies end with the browser that holds them: older ones than these are nobody's. */
const MOST = 1000;

/** The logins that were ended by a logout, so that their cookies open nothing any more, after a restart neither. */
export class EndedLogins {
  readonly #file: string;
  readonly #ids: Set<string>;

  private constructor(file: string, ids: Iterable<string>) {
    this.#file = file;
    this.#ids = new Set(ids);
  }

  /** @param file made when first needed */
  static async open(file: string): Promise<EndedLogins> {
    try {
      const ids = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
      if (ids.length <= MOST) return new EndedLogins(file, ids);
      const kept = ids.slice(-MOST);
      await atomicSave(file, `${kept.join("\n")}\n`);
      return new EndedLogins(file, kept);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return new EndedLogins(file, []);
    }
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  async add(id: string): Promise<void> {
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    await mkdir(dirname(this.#file), { recursive: true });
    await appendFile(this.#file, `${id}\n`, { mode: 0o600 });
  }
}
