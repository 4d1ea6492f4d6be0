import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { inBatches } from "../base/pieces.ts";
import { verifyRecord } from "../record/verifyRecord.node.ts";
import { shareInterval } from "./clusterStatistics.ts";
import { shown } from "./evaluateErrors.ts";
import type { Evaluation } from "./evaluation.ts";
import { RUNS, sha256 } from "./journal.node.ts";
import { mergeEvaluations } from "./mergeEvaluations.node.ts";
import { readSamples } from "./readSamples.node.ts";
import type { Task } from "./task.ts";

export interface VerifyEvaluationOptions {
  /** The task, where it has metrics of its own. */
  readonly task?: Task;
}

const OPTIONS: OptionNames<VerifyEvaluationOptions> = { task: true };

/** An evaluation that is whole. */
export interface VerifiedEvaluation {
  /** sha256 of samples.csv, which its certificate has. */
  readonly id: string;
  readonly samples: number;
  /** Tables, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Records of samples' runs. */
  readonly runs: number;
}

/**
 * Holds an evaluation's folder against itself: every table against its hash, tables, metrics and intervals against what the logs come to, and each
 * record of a run as `verifyRecord` does. No model is needed.
 * @throws InputError ERR_EVALUATION, which names the file, what was expected and what is there; as `mergeEvaluations` where it is not finished, and as
 * `verifyRecord`
 */
export async function verifyEvaluation(
  folder: string,
  options: VerifyEvaluationOptions = {},
): Promise<VerifiedEvaluation> {
  checkOptions("verifyEvaluation", options, OPTIONS);
  const { task } = options;
  const evaluation = await mergeEvaluations([folder], task === undefined ? {} : { task });
  const results = await readResults(folder);
  const { about, metrics, intervals } = evaluation;
  const computed = JSON.parse(JSON.stringify({ about, metrics, intervals }));
  const written = { ...results, intervals: cutOff(results.intervals) };
  for (const [field, value] of Object.entries(computed))
    if (!isDeepStrictEqual((written as ResultsFile)[field], value))
      throw wrong(
        join(folder, "results.json"),
        `${field} that the logs come to`,
        shown(results[field]),
      );
  const names = ["samples.parquet", "samples.csv", ...tablesOf(evaluation)];
  let bytes = 0;
  for (const name of names) bytes += await verifyFile(join(folder, name), results.files[name]);
  const id = results.files["samples.csv"]?.sha256 as string;
  const own = sha256(inBatches(evaluation.csvLines()));
  if (own !== id)
    throw wrong(join(folder, "samples.csv"), `what the logs come to, sha256 ${own}`, id);
  await verifyTables(folder, evaluation);
  const runs = await verifyRuns(join(folder, RUNS));
  return { id, samples: evaluation.samples.length, files: names.length, bytes, runs };
}

/** Intervals as they are now: some of those that were written earlier reach beyond 0 and 1. */
function cutOff(intervals: unknown): unknown {
  if (!Array.isArray(intervals)) return intervals;
  return intervals.map((row) =>
    isObject(row) && row.method === "clustered" ? { ...row, ...shareInterval(row as never) } : row,
  );
}

const tablesOf = ({ captures }: Evaluation): string[] =>
  Object.keys(captures)
    .sort()
    .map((table) => `${table}.parquet`);

interface ResultsFile {
  readonly [field: string]: unknown;
  readonly files: Readonly<Record<string, { readonly sha256: string; readonly bytes: number }>>;
}

async function readResults(folder: string): Promise<ResultsFile> {
  const path = join(folder, "results.json");
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw wrong(path, "the results of a finished evaluation", (cause as Error).message, cause);
  }
  if (isObject(json) && isObject(json.files)) return json as unknown as ResultsFile;
  throw wrong(path, "metrics, intervals and files", shown(json));
}

/** @returns its bytes */
async function verifyFile(path: string, listed: unknown): Promise<number> {
  if (!isObject(listed)) throw wrong(path, "its hash in results.json", "none");
  const found = await stat(path).catch((cause) => {
    throw wrong(path, "a file that results.json lists", (cause as Error).message, cause);
  });
  if (found.size !== listed.bytes) throw wrong(path, `${listed.bytes} bytes`, String(found.size));
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Uint8Array);
  const got = hash.digest("hex");
  if (got === listed.sha256) return found.size;
  throw wrong(path, `the sha256 ${listed.sha256}`, got);
}

/** A table that was captured has the numbers of the logs, however a later version writes Parquet. */
async function verifyTables(folder: string, { captures }: Evaluation): Promise<void> {
  for (const [table, rows] of Object.entries(captures)) {
    if (rows.length === 0) continue;
    const path = join(folder, `${table}.parquet`);
    if (!isDeepStrictEqual(await readSamples(path), rows))
      throw wrong(path, "the rows of the logs", "others");
  }
}

async function verifyRuns(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []); // none were kept
  const records = entries.filter((entry) => entry.isDirectory() && !entry.name.endsWith(".tmp"));
  for (const { name } of records) await verifyRecord(join(folder, name));
  return records.length;
}

function wrong(place: string, expected: string, got: string, cause?: unknown): InputError {
  return new InputError(
    "ERR_EVALUATION",
    `${place}: expected ${expected}, got ${got}. The folder is torn or was altered: take it from where it was whole, or call the same evaluation with it again, which writes its tables anew from its logs.`,
    cause === undefined ? {} : { cause },
  );
}
