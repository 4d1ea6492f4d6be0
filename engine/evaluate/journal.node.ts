import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { createFile } from "../base/createFile.node.ts";
import { InputError } from "../base/errors.ts";
import { fileLines } from "../base/fileLines.node.ts";
import { inBatches, tooLong } from "../base/pieces.ts";
import { fromExactJson, toExactJson } from "../record/exactJson.ts";
import { MANIFEST as RECORD_MANIFEST } from "../record/manifest.ts";
import { saveRun } from "../record/saveRun.node.ts";
import type { Finished } from "./askModel.ts";
import { isFinished } from "./finishedForm.ts";
import type { KeepRun } from "./keepRuns.ts";
import { lastWorker } from "./lastWorker.node.ts";
import { type EvaluationManifest, mayDiffer } from "./manifest.ts";
import { differenceBetween, otherEvaluation } from "./manifestDifference.ts";
import { checkEvaluationManifest } from "./manifestForm.ts";
import { notWritten, replaceFile } from "./replaceFile.node.ts";
import type { Journal } from "./runEvaluation.ts";
import { workKey } from "./workItems.ts";

/** Says what is evaluated in a folder, or in a store. */
export const MANIFEST = "manifest.json";
/** Logs of what is finished, one for each process. */
export const LOG = "log";
const TIMINGS = "timings";
/** Records of samples' runs. */
export const RUNS = "runs";
/** Says why a run has no record. */
export const leftOutFile = (record: string): string => `${record}.json`;

/**
 * What is finished, in a folder. Every process appends to a log of its own, which none other ever writes to: so several may work on one
 * folder, and one that is killed can at most leave a line that is not whole, at the end of its log, which nobody reads.
 */
export class FolderJournal implements Journal {
  readonly finished: ReadonlyMap<string, Finished>;
  readonly #folder: string;
  /** Names this process's files. */
  readonly #worker: string;
  #startedMs = Date.now();

  private constructor(folder: string, worker: string, finished: ReadonlyMap<string, Finished>) {
    this.#folder = folder;
    this.#worker = worker;
    this.finished = finished;
  }

  /**
   * Begins an evaluation in the folder, or goes on with the same one. Of two others that begin at the same moment one is refused.
   * @throws InputError ERR_EVALUATION where another one was begun there, or a log is damaged; ERR_OUTPUT
   */
  static async open(folder: string, manifest: EvaluationManifest): Promise<FolderJournal> {
    for (const name of [LOG, TIMINGS]) await makeFolder(join(folder, name));
    const worker = workerName();
    if ((await readManifest(folder)) === null) await begin(folder, worker, manifest);
    const kept = await readManifest(folder);
    if (kept === null) throw deletedMeanwhile(folder);
    const difference = differenceBetween(kept, JSON.parse(JSON.stringify(manifest)));
    if (difference !== null)
      throw otherEvaluation(folder, difference, await lastWorker(join(folder, TIMINGS)));
    return new FolderJournal(folder, worker, await readLogs(folder, manifest));
  }

  async keep(finished: readonly Finished[]): Promise<void> {
    await append(join(this.#folder, LOG, this.#worker), inBatches(logLines(finished)));
    const nowMs = Date.now();
    const timing = {
      ...thisProcess(),
      finishedAt: new Date(nowMs).toISOString(),
      durationMs: nowMs - this.#startedMs,
      samples: finished.length,
    };
    this.#startedMs = nowMs;
    await append(join(this.#folder, TIMINGS, this.#worker), [`${JSON.stringify(timing)}\n`]);
  }

  /** A record that is there is whole, and has the same numbers: one that was killed wrote it, or one beside this. */
  readonly keepRun: KeepRun = async (run, name, bytes) => {
    const record = join(this.#folder, RUNS, name);
    const isThere = () => existsSync(join(record, RECORD_MANIFEST));
    if (isThere()) return;
    await makeFolder(join(this.#folder, RUNS));
    await saveRun(run, record, { bytes }).catch(async (error) => {
      if (isThere()) return;
      if (!(error instanceof InputError) || error.code !== "ERR_BUDGET") throw error;
      await replaceFile(leftOutFile(record), jsonText({ left_out: error.message }));
    });
  };
}

/** A name of a log that no other process takes; by name they are in the order in which they began. */
function workerName(): string {
  const time = new Date().toISOString().replaceAll(/[-:.]/g, "");
  return `${time}-${process.pid}-${randomBytes(4).toString("hex")}.jsonl`;
}

const thisProcess = () => ({ host: hostname(), pid: process.pid });

/** Writes the manifest unless somebody else was quicker. Who begins has said who it is before. */
async function begin(folder: string, worker: string, manifest: EvaluationManifest): Promise<void> {
  const timings = join(folder, TIMINGS, worker);
  const line = { ...thisProcess(), startedAt: new Date().toISOString() };
  await append(timings, [`${JSON.stringify(line)}\n`]);
  const path = join(folder, MANIFEST);
  const isMine = await createFile(path, jsonText(manifest)).catch((cause) =>
    notWritten(path, cause),
  );
  if (!isMine) await rm(timings, { force: true });
}

/** Null where none was begun. @throws InputError ERR_EVALUATION */
export async function readManifest(folder: string): Promise<EvaluationManifest | null> {
  const path = join(folder, MANIFEST);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  return parseManifest(text, path);
}

/** @param path where the text is from, for messages. @throws InputError ERR_EVALUATION */
export function parseManifest(text: string, path: string): EvaluationManifest {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (cause) {
    throw new InputError(
      "ERR_EVALUATION",
      `${path}: expected the manifest of an evaluation as JSON, got ${JSON.stringify(text.slice(0, 60))}. Evaluate into another folder, or read this one with the version that wrote it.`,
      { cause },
    );
  }
  return checkEvaluationManifest(manifest, path);
}

/**
 * Everything that is finished in a folder, by its key. Of different replies of a server that of the first log counts, for every reader.
 * @throws InputError ERR_EVALUATION where a line that is not the last is damaged, or two processes have different results for the same
 */
export async function readLogs(
  folder: string,
  manifest: EvaluationManifest,
): Promise<Map<string, Finished>> {
  const finished = new Map<string, Finished>();
  const names = (await readdir(join(folder, LOG))).filter((name) => name.endsWith(".jsonl"));
  for (const name of names.sort()) {
    const path = join(folder, LOG, name);
    let number = 0;
    for await (const { text, isEnded } of fileLines(path)) {
      number += 1;
      const found = finishedOf(text);
      if (found === null) {
        if (!isEnded) continue; // a line that was never finished
        throw damaged(path, number, text);
      }
      const { row } = found;
      const key = workKey(row, row.sample, row.epoch);
      const other = finished.get(key);
      if (other !== undefined && mayDiffer(manifest)) continue;
      if (other !== undefined && logLine(other) !== `${text}\n`) throw differing(path, number, key);
      finished.set(key, found);
    }
  }
  return finished;
}

/** A line of a log for each. @throws InputError ERR_TEXT_LENGTH */
export function* logLines(finished: Iterable<Finished>): Generator<string> {
  for (const one of finished) yield logLine(one);
}

/** Numbers keep their bits, also those that JSON has no text for. */
function logLine(finished: Finished): string {
  const { sample } = finished.row;
  const what = `evaluate sample ${JSON.stringify(sample)} as JSON`;
  try {
    return `${JSON.stringify(toExactJson(finished))}\n`;
  } catch (error) {
    if (error instanceof RangeError) throw tooLong(what, "Capture less of it.", error); // what V8 says of a text that is too long
    throw error;
  }
}

/** The text of pieces, hashed without being put together. */
export function sha256(pieces: Iterable<string>): string {
  const hash = createHash("sha256");
  for (const piece of inBatches(pieces)) hash.update(piece);
  return hash.digest("hex");
}

/** JSON that a person can read. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause) => notWritten(path, cause, "folder"));
}

/** @throws InputError ERR_OUTPUT, as when the disk is full: the line that is not whole is the log's last then */
async function append(path: string, pieces: Iterable<string>): Promise<void> {
  try {
    const file = await open(path, "a");
    try {
      for (const piece of pieces) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    notWritten(path, cause);
  }
}

function finishedOf(line: string): Finished | null {
  try {
    const value = fromExactJson(JSON.parse(line));
    return isFinished(value) ? value : null;
  } catch {
    return null;
  }
}

function deletedMeanwhile(folder: string): InputError {
  return new InputError(
    "ERR_EVALUATION",
    `${folder}: expected the ${MANIFEST} that was just written there, got none. Something deletes files in the folder: evaluate into another one.`,
  );
}

function damaged(path: string, line: number, text: string): InputError {
  return new InputError(
    "ERR_EVALUATION",
    `${path} line ${line}: expected a finished sample as JSON, got ${JSON.stringify(text.slice(0, 60))}. Delete the line: its sample is then evaluated again.`,
  );
}

function differing(path: string, line: number, key: string): InputError {
  return new InputError(
    "ERR_EVALUATION",
    `${path} line ${line}: expected the result that another process has for ${key}, got a different one. A scorer that says something else each time cannot be run by two at once; delete one of the logs.`,
  );
}
