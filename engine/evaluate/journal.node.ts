import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { InputError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { fromExactJson, toExactJson } from "../record/exactJson.ts";
import { MANIFEST as RECORD_MANIFEST } from "../record/manifest.ts";
import { saveRun } from "../record/saveRun.node.ts";
import type { Finished } from "./askModel.ts";
import type { KeepRun } from "./keepRuns.ts";
import { assertSameEvaluation, type EvaluationManifest, mayDiffer } from "./manifest.ts";
import { notWritten, replaceFile } from "./replaceFile.node.ts";
import type { Journal } from "./runEvaluation.ts";
import { workKey } from "./workItems.ts";

const MANIFEST = "manifest.json";
const LOG = "log";
const TIMINGS = "timings";
/** Records of samples' runs. */
export const RUNS = "runs";

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

  private constructor(folder: string, finished: ReadonlyMap<string, Finished>) {
    this.#folder = folder;
    this.finished = finished;
    const time = new Date().toISOString().replaceAll(/[-:.]/g, "");
    this.#worker = `${time}-${process.pid}-${randomBytes(4).toString("hex")}.jsonl`;
  }

  /**
   * Begins an evaluation in the folder, or goes on with the same one.
   * @throws InputError ERR_EVALUATION where another one was begun there, or a log is damaged; ERR_OUTPUT
   */
  static async open(folder: string, manifest: EvaluationManifest): Promise<FolderJournal> {
    for (const name of [LOG, TIMINGS]) await makeFolder(join(folder, name));
    const kept = await readManifest(folder);
    if (kept === null) await replaceFile(join(folder, MANIFEST), jsonText(manifest));
    const begun = kept ?? (await readManifest(folder)); // somebody else may have begun another at the same moment
    assertSameEvaluation(folder, begun ?? manifest, JSON.parse(JSON.stringify(manifest)));
    return new FolderJournal(folder, await readLogs(folder, manifest));
  }

  async keep(finished: readonly Finished[]): Promise<void> {
    const lines = finished.map(logLine).join("");
    await append(join(this.#folder, LOG, this.#worker), lines);
    const nowMs = Date.now();
    const timing = {
      host: hostname(),
      pid: process.pid,
      finishedAt: new Date(nowMs).toISOString(),
      durationMs: nowMs - this.#startedMs,
      samples: finished.length,
    };
    this.#startedMs = nowMs;
    await append(join(this.#folder, TIMINGS, this.#worker), `${JSON.stringify(timing)}\n`);
  }

  /** A record that is there is whole, and has the same numbers: one that was killed wrote it, or one beside this. */
  readonly keepRun: KeepRun = async (run, name, bytes) => {
    const record = join(this.#folder, RUNS, name);
    const isThere = () => existsSync(join(record, RECORD_MANIFEST));
    if (isThere()) return;
    await makeFolder(join(this.#folder, RUNS));
    await saveRun(run, record, { bytes }).catch((error) => {
      if (!isThere()) throw error;
    });
  };
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
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {}
  if (isObject(manifest) && manifest.kind === "vitrine evaluation" && manifest.version === 1)
    return manifest as unknown as EvaluationManifest;
  throw new InputError(
    "ERR_EVALUATION",
    `${path}: expected the manifest of an evaluation, version 1, got ${text.slice(0, 60)}. Evaluate into another folder, or read this one with the version that wrote it.`,
  );
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
    const lines = (await readFile(path, "utf8")).split("\n");
    for (const [i, line] of lines.entries()) {
      const found = finishedOf(line);
      if (found === null) {
        if (i === lines.length - 1) continue; // nothing, or a line that was never finished
        throw damaged(path, i, line);
      }
      const { row } = found;
      const key = workKey(row, row.sample, row.epoch);
      const other = finished.get(key);
      if (other !== undefined && mayDiffer(manifest)) continue;
      if (other !== undefined && logLine(other) !== `${line}\n`) throw differing(path, i, key);
      finished.set(key, found);
    }
  }
  return finished;
}

/** Numbers keep their bits, also those that JSON has no text for. */
export function logLine(finished: Finished): string {
  return `${JSON.stringify(toExactJson(finished))}\n`;
}

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** JSON that a person can read. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause) => notWritten(path, cause));
}

/** @throws InputError ERR_OUTPUT, as when the disk is full: the line that is not whole is the log's last then */
async function append(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, "a");
    try {
      await file.writeFile(text);
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
    const isFinished = isObject(value) && isObject(value.row) && isObject(value.captures);
    return isFinished ? (value as unknown as Finished) : null;
  } catch {
    return null;
  }
}

function damaged(path: string, line: number, text: string): InputError {
  return new InputError(
    "ERR_EVALUATION",
    `${path} line ${line + 1}: expected a finished sample as JSON, got ${JSON.stringify(text.slice(0, 60))}. Delete the line: its sample is then evaluated again.`,
  );
}

function differing(path: string, line: number, key: string): InputError {
  return new InputError(
    "ERR_EVALUATION",
    `${path} line ${line + 1}: expected the result that another process has for ${key}, got a different one. A scorer that says something else each time cannot be run by two at once; delete one of the logs.`,
  );
}
