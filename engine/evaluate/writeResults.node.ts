import { createHash } from "node:crypto";
import { join } from "node:path";
import { inBatches } from "../base/pieces.ts";
import { piecesOf } from "../base/replaceFiles.node.ts";
import type { Evaluation } from "./evaluation.ts";
import { jsonText } from "./journal.node.ts";
import { replaceFile } from "./replaceFile.node.ts";

type Content = string | Uint8Array | Iterable<string | Uint8Array>;

/**
 * Writes an evaluation's tables and, when they are there, results.json with its metrics and the sha256 of each. Each file appears whole or
 * not at all; none of them says when or where it was computed.
 */
export async function writeResults(folder: string, evaluation: Evaluation): Promise<void> {
  const files: Record<string, { readonly sha256: string; readonly bytes: number }> = {};
  const write = async (name: string, content: Content) => {
    const told = new Told(content);
    await replaceFile(join(folder, name), told);
    files[name] = { sha256: told.sha256(), bytes: told.bytes };
  };
  await write("samples.parquet", await evaluation.toParquet());
  await write("samples.csv", inBatches(evaluation.csvLines()));
  for (const table of Object.keys(evaluation.captures).sort())
    await write(`${table}.parquet`, await evaluation.toParquet(table));
  const { about, metrics, intervals } = evaluation;
  await replaceFile(join(folder, "results.json"), jsonText({ about, metrics, intervals, files }));
}

/** Content whose bytes are counted and hashed while they go by, once. */
class Told implements Iterable<string | Uint8Array> {
  readonly #content: Content;
  readonly #hash = createHash("sha256");
  bytes = 0;

  constructor(content: Content) {
    this.#content = content;
  }

  *[Symbol.iterator](): Generator<string | Uint8Array> {
    for (const piece of piecesOf(this.#content)) {
      this.#hash.update(piece);
      this.bytes += Buffer.byteLength(piece);
      yield piece;
    }
  }

  sha256(): string {
    return this.#hash.digest("hex");
  }
}
