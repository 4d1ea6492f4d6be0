import { tmpdir } from "node:os";
import { join, sep } from "node:path";
import { murmur2 } from "./murmur2.ts";

const HASH_SEED = 0xc70f6907;
const SUFFIX = ".ts";

/**
 * The files that debuggers believe cells to be: named after the hash of their text, so that a front end can tell which
 * of its cells one is. They are names alone; nothing is written to disk.
 */
export class CellFiles {
  readonly #prefix = join(tmpdir(), `vitrine_${process.pid}`) + sep;
  readonly #sources = new Map<string, string>();

  /** The part of the content of debugInfo that lets a front end compute the paths by itself. */
  get naming() {
    return {
      hashMethod: "Murmur2",
      hashSeed: HASH_SEED,
      tmpFilePrefix: this.#prefix,
      tmpFileSuffix: SUFFIX,
    };
  }

  /** Remembers the text of a cell, and returns its path. */
  add(source: string): string {
    const path = `${this.#prefix}${murmur2(source, HASH_SEED)}${SUFFIX}`;
    this.#sources.set(path, source);
    return path;
  }

  /** The text of the cell of that path, or undefined. */
  source(path: string): string | undefined {
    return this.#sources.get(path);
  }
}
