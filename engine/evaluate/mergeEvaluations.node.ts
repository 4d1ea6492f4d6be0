import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { checkOptions, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import { isObject } from "../base/json.ts";
import { inBatches } from "../base/pieces.ts";
import { encodeTable } from "../record/table.node.ts";
import { isStoreAddress } from "../store/storeAddress.ts";
import type { Arm } from "./arms.ts";
import type { Finished } from "./askModel.ts";
import { checkFolder } from "./checkFolder.ts";
import { shown } from "./evaluateErrors.ts";
import { Evaluation } from "./evaluation.ts";
import type { EvaluationAbout } from "./evaluationAbout.ts";
import { jsonText, logLines, readLogs, readManifest } from "./journal.node.ts";
import type { EvaluationManifest } from "./manifest.ts";
import { assertSameEvaluation } from "./manifestDifference.ts";
import { openKeptRun } from "./openKeptRun.node.ts";
import { replaceFile } from "./replaceFile.node.ts";
import { readAbout } from "./runEvaluation.ts";
import { type PartPlace, withParts, writeToStore } from "./storedParts.node.ts";
import type { SampleData, Task, TaskMetric } from "./task.ts";
import { workKey } from "./workItems.ts";
import { writeResults } from "./writeResults.node.ts";

const WHOLE = { index: 0, of: 1 };

/** Shards that a message names. */
const MOST_NAMED = 8;

/** How parts of an evaluation are joined. */
export interface MergeOptions<Sample extends object = SampleData> {
  /** Where the whole is written: the path of a folder, or "s3://bucket/prefix". Default: it is not written. */
  readonly folder?: string;
  /** Milliseconds for which an object store that is busy or away is asked again. Default 600,000, ten minutes. */
  readonly storePatienceMs?: number;
  /** The task, where it has metrics of its own. */
  readonly task?: Task<Sample>;
}

const MERGE_OPTIONS: OptionNames<MergeOptions> = {
  folder: true,
  storePatienceMs: true,
  task: true,
};

/**
 * Joins the shards of one evaluation: the result is that of one machine, bit for bit. Of a single folder it is that folder's result. What is
 * in an object store is named by its address; "s3://bucket/prefix/*" names all that is there.
 * @throws InputError ERR_OPTION; ERR_EVALUATION where they are not of one evaluation, or not all of it is there
 */
export async function mergeEvaluations<Sample extends object = SampleData>(
  folders: readonly string[],
  options: MergeOptions<Sample> = {},
): Promise<Evaluation> {
  checkOptions("mergeEvaluations", options, MERGE_OPTIONS);
  if (options.folder !== undefined) checkFolder("mergeEvaluations folder", options.folder);
  const stores = { patienceMs: options.storePatienceMs };
  const parts = await withParts(folders, stores, async (places) => {
    const read: Part[] = [];
    for (const place of places) read.push(await openPart(place)); // all at once they may be more files than a process may have
    return read;
  });
  const [first] = parts;
  if (first === undefined)
    throw new InputError(
      "ERR_OPTION",
      "mergeEvaluations: expected at least one folder, got none. Name those that evaluate wrote.",
    );
  for (const { folder, manifest } of parts)
    assertSameEvaluation(
      folder,
      { ...first.manifest, shard: WHOLE },
      { ...manifest, shard: WHOLE },
    );
  const manifest = wholeOf(parts);
  const finished = joined(parts, manifest);
  const evaluation = new Evaluation({
    about: aboutManifest(manifest),
    finished,
    request: {
      passAt: manifest.options.passAt as number[],
      resamples: manifest.options.resamples as number,
      seed: manifest.options.seed as number,
      metrics: metricsOf(manifest, options.task as Task | undefined),
    },
    encode: (name, { schema, rows }) => encodeTable(name, schema, rows),
    openRun: keepsRuns(manifest)
      ? openKeptRun(folders, manifest.arms as readonly Pick<Arm, "edits" | "thinking">[])
      : null,
    folder: options.folder ?? (folders.length === 1 ? folders[0] : undefined) ?? null,
  });
  const { folder: out } = options;
  if (out === undefined) return evaluation;
  const write = (folder: string) => writeWhole(folder, manifest, evaluation);
  if (isStoreAddress(out)) await writeToStore(out, manifest, stores, write);
  else await write(out);
  return evaluation;
}

/** The result of an evaluation that is finished. @throws as `mergeEvaluations` */
export async function loadEvaluation(folder: string): Promise<Evaluation> {
  return mergeEvaluations([folder]);
}

/** That of the first shard that is there, in whatever order they are named: cell and batch may be others elsewhere. */
function wholeOf(parts: readonly Part[]): EvaluationManifest {
  const [first] = parts.toSorted((a, b) => a.manifest.shard.index - b.manifest.shard.index) as [
    Part,
  ];
  const { source = null, ...manifest } = first.manifest;
  return { ...manifest, shard: WHOLE, source };
}

/** In the order of `aboutEvaluation`: results.json has the same bytes. Folders of before it was kept have no version of Node. */
function aboutManifest(manifest: EvaluationManifest): EvaluationAbout {
  const { task, model, prompt, backend, options, vitrine, node = null } = manifest;
  const { name, arithmetic, device, driver } = backend;
  const { files = null } = model;
  return {
    ...{ task: task.name, model: model.name, modelHash: model.hash, weights: model.weights },
    ...(prompt !== undefined && readAbout({ files, prompt })),
    ...{ backend: name, arithmetic, device, driver, versions: { vitrine, node } },
    ...{ seed: options.seed as number, epochs: options.epochs as number },
  };
}

function keepsRuns({ options: { capture } }: EvaluationManifest): boolean {
  const runs = isObject(capture) ? capture.runs : undefined;
  return runs === true || (Array.isArray(runs) && runs.length > 0);
}

interface Part {
  readonly folder: string;
  readonly manifest: EvaluationManifest;
  readonly finished: ReadonlyMap<string, Finished>;
}

async function openPart({ place, folder }: PartPlace): Promise<Part> {
  const manifest = await readManifest(folder);
  if (manifest !== null)
    return { folder: place, manifest, finished: await readLogs(folder, manifest) };
  throw new InputError(
    "ERR_EVALUATION",
    `${place}: expected a folder that evaluate wrote, got one without manifest.json. Name another.`,
  );
}

/** Everything in the order in which one machine has it. */
function joined(parts: readonly Part[], manifest: EvaluationManifest): Finished[] {
  const arms = manifest.arms as readonly Pick<Arm, "edits" | "thinking">[];
  const byPlace = new Map<string, Finished>();
  for (const { finished } of parts)
    for (const it of finished.values()) byPlace.set(place(it.row, it.row.index, it.row.epoch), it);
  const all: Finished[] = [];
  for (const arm of arms)
    for (let index = 0; index < manifest.task.samples; index++)
      for (let epoch = 0; epoch < (manifest.options.epochs as number); epoch++) {
        const found = byPlace.get(place(arm, index, epoch));
        if (found === undefined) throw lacking(parts, manifest, index, byPlace.size);
        all.push(found);
      }
  return all;
}

function place(arm: Pick<Arm, "edits" | "thinking">, index: number, epoch: number): string {
  return workKey(arm, String(index), epoch);
}

function lacking(
  parts: readonly Part[],
  { task, arms, options }: EvaluationManifest,
  index: number,
  count: number,
): InputError {
  const total = arms.length * task.samples * (options.epochs as number);
  const named = parts.slice(0, MOST_NAMED);
  const shards = named.map(({ manifest: { shard } }) => `${shard.index + 1}/${shard.of}`);
  if (named.length < parts.length) shards.push(`${parts.length - named.length} more`);
  const of = parts[0]?.manifest.shard.of ?? 1;
  return new InputError(
    "ERR_EVALUATION",
    `mergeEvaluations: expected all ${total} results, got ${count} in the shards ${shards.join(", ")}. Sample number ${index} of shard ${(index % of) + 1}/${of} is not finished: evaluate that shard to its end, and name its folder.`,
  );
}

function metricsOf(
  { task: { name, metrics } }: EvaluationManifest,
  task: Task | undefined,
): Readonly<Record<string, TaskMetric>> {
  const given = task?.metrics ?? {};
  const wrong = Object.entries(metrics).find(([metric, text]) => String(given[metric]) !== text);
  if (wrong === undefined) return given;
  throw new InputError(
    "ERR_EVALUATION",
    `mergeEvaluations: expected the task ${name} with its metric ${wrong[0]}, got ${shown(Object.keys(given))}. Pass { task }.`,
  );
}

/** With the log of the whole, so that the folder reads as one that a single machine wrote. */
async function writeWhole(
  folder: string,
  manifest: EvaluationManifest,
  evaluation: Evaluation,
): Promise<void> {
  await mkdir(join(folder, "log"), { recursive: true });
  const kept = await readManifest(folder);
  if (kept !== null) assertSameEvaluation(folder, kept, manifest);
  const lines = inBatches(logLines(evaluation.finished));
  await replaceFile(join(folder, "log", "merged.jsonl"), lines);
  await replaceFile(join(folder, "manifest.json"), jsonText(manifest));
  await writeResults(folder, evaluation);
}
