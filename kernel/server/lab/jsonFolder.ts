import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { atomicSave } from "../contents/atomicSave.ts";
import type { JsonObject } from "../contents/jsonObject.ts";
import { HttpError } from "../httpError.ts";

const EXTENSION = ".json";
/** Characters of one object: a request adds no more than half. */
const LONGEST = 2 * 2 ** 20;

/** JSON objects by name, each in a file of its own whose name any disk can hold, whatever the object's name. */
export class JsonFolder {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async all(): Promise<JsonObject[]> {
    const files = await readdir(this.#folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    const objects: JsonObject[] = [];
    for (const file of files) {
      if (file.startsWith(".") || !file.endsWith(EXTENSION)) continue;
      const object = await this.#read(join(this.#folder, file));
      if (object !== null) objects.push(object);
    }
    return objects;
  }

  async get(name: string): Promise<JsonObject | null> {
    return await this.#read(this.#file(name));
  }

  /** @throws HttpError 413 if it has become longer than what is read again in a moment */
  async save(name: string, value: JsonObject): Promise<void> {
    const text = `${JSON.stringify(value)}\n`;
    if (text.length > LONGEST)
      throw new HttpError(
        413,
        `save ${name}: expected at most ${LONGEST / 2 ** 20} Mi characters, got ${text.length}. Remove some of what it holds.`,
        { reason: "too large" },
      );
    await mkdir(this.#folder, { recursive: true });
    await atomicSave(this.#file(name), text);
  }

  /** @returns whether there was one */
  async delete(name: string): Promise<boolean> {
    try {
      await unlink(this.#file(name));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      return false;
    }
  }

  async #read(file: string): Promise<JsonObject | null> {
    try {
      return JSON.parse(await readFile(file, "utf8")) as JsonObject;
    } catch (error) {
      if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT")
        return null;
      throw error;
    }
  }

  /** A readable part, and a digest that keeps names apart that a disk would not. */
  #file(name: string): string {
    const readable = name.replace(/[^A-Za-z0-9-]+/g, "-").slice(0, 40);
    const digest = createHash("sha256").update(name).digest("hex").slice(0, 16);
    return join(this.#folder, `${readable}-${digest}${EXTENSION}`);
  }
}
