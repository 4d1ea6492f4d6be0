import { join } from "node:path";
import type { Evaluation } from "./evaluation.ts";
import { jsonText, sha256 } from "./journal.node.ts";
import { replaceFile } from "./replaceFile.node.ts";

/**
 * Writes an evaluation's tables and, when they are there, results.json with its metrics and the sha256 of each. Each file appears whole or
 * not at all; none of them says when or where it was computed.
 */
export async function writeResults(folder: string, evaluation: Evaluation): Promise<void> {
  const files: Record<string, { readonly sha256: string; readonly bytes: number }> = {};
  const write = async (name: string, data: string | Uint8Array) => {
    await replaceFile(join(folder, name), data);
    files[name] = { sha256: sha256(data), bytes: Buffer.byteLength(data) };
  };
  await write("samples.parquet", await evaluation.toParquet());
  await write("samples.csv", evaluation.toCsv());
  for (const table of Object.keys(evaluation.captures).sort())
    await write(`${table}.parquet`, await evaluation.toParquet(table));
  const { about, metrics, intervals } = evaluation;
  await replaceFile(join(folder, "results.json"), jsonText({ about, metrics, intervals, files }));
}
