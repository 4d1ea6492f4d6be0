import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkOptions, checkSignals, type OptionNames } from "../base/checkOptions.ts";
import { InputError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { ProgressListener } from "../base/progress.ts";
import { toExactJson } from "../record/exactJson.ts";
import { armName } from "./arms.ts";
import type { Finished } from "./askModel.ts";
import { evaluate } from "./evaluate.node.ts";
import type { EvaluatedModel } from "./evaluatedModel.ts";
import { shown } from "./evaluateErrors.ts";
import { readLogs, readManifest } from "./journal.node.ts";
import { type EvaluationManifest, mayDiffer } from "./manifest.ts";
import { asVersion1, firstDifference } from "./manifestDifference.ts";
import { optionsAgain } from "./optionsAgain.node.ts";
import { prepareTask } from "./preparedTask.ts";
import type { SampleData, Task } from "./task.ts";
import { workKey } from "./workItems.ts";

export interface ReplayEvaluationOptions {
  /** Is told of every finished sample. */
  readonly onProgress?: ProgressListener;
  /** Ends it between steps; replayEvaluation then throws AbortedError. */
  readonly signal?: AbortSignal;
}

const OPTIONS: OptionNames<ReplayEvaluationOptions> = { onProgress: true, signal: true };

/** The first value of a replayed evaluation that is another one than the folder's. */
export interface EvaluationDifference {
  readonly sample: string;
  readonly epoch: number;
  readonly edits: string | null;
  readonly thinking: string | null;
  /** A column of the samples ("reply"), or of a captured table with its row ("sites.value[12]"). */
  readonly field: string;
  readonly recorded: unknown;
  readonly replayed: unknown;
}

/** What became of a replay. */
export interface EvaluationReplay {
  /** Every reply, log probability, outcome and captured number came out the same. */
  readonly same: boolean;
  /** Replies that are the same before the first that differs, or in all. */
  readonly compared: number;
  /** In the order of arms, samples and epochs; null where nothing differs. */
  readonly difference: EvaluationDifference | null;
  /** What is not as it was, and may be why: versions, backend, adapter, driver. */
  readonly notes: readonly string[];
}

/**
 * Asks the model every sample of a finished evaluation again, with the options of its manifest, and holds replies, outcomes and captured numbers
 * against those of the folder, which is not changed. Of a shard its own samples are asked.
 * @param task the one that was evaluated: a folder has a task's data, and not its functions
 * @throws InputError ERR_EVALUATION where the folder has no evaluation, one that is not finished, or one of another task or other weights; ERR_REPLAY of a
 * server, and for functions among edits and rules; as `evaluate`
 */
export async function replayEvaluation<Sample extends object = SampleData>(
  folder: string,
  model: EvaluatedModel,
  task: Task<Sample>,
  options: ReplayEvaluationOptions = {},
): Promise<EvaluationReplay> {
  checkOptions("replayEvaluation", options, OPTIONS);
  checkSignals("replayEvaluation", options);
  const kept = await manifestOf(folder);
  const { scorer } = prepareTask(task as unknown as Task);
  const asked = await optionsAgain(kept, scorer.kind === "choices");
  const recorded = await readLogs(folder, kept);
  const scratch = await mkdtemp(join(tmpdir(), "vitrine-replay-"));
  try {
    const again = { ...asked, ...options, folder: scratch };
    const { finished } = await evaluate(model, task, again);
    const now = (await readManifest(scratch)) as EvaluationManifest;
    const notes = notesOf(folder, kept, now);
    return { ...compare(folder, recorded, finished), notes };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function manifestOf(folder: string): Promise<EvaluationManifest> {
  const manifest = await readManifest(folder);
  if (manifest === null)
    throw new InputError(
      "ERR_EVALUATION",
      `${folder}: expected a folder that evaluate wrote, got one without manifest.json. Name another.`,
    );
  if (!mayDiffer(manifest)) return manifest;
  throw new InputError(
    "ERR_REPLAY",
    `replay ${folder}: expected a model that ran here, got ${manifest.backend.name}. A server may reply otherwise the next time: evaluate into another folder, and compare them with samples(a, b).`,
  );
}

/** Fields that may be others: then numbers may be, too. */
const MACHINE = {
  vitrine: ({ vitrine }) => vitrine,
  node: ({ node }) => node,
  backend: ({ backend }) => backend,
  weight_dtypes: ({ model }) => model.weight_dtypes,
  files: ({ model }) => model.files,
  prompt: ({ prompt }) => prompt,
} satisfies Record<string, (manifest: EvaluationManifest) => unknown>;

/** What may be why numbers differ. @throws InputError ERR_EVALUATION where it is another evaluation */
function notesOf(folder: string, kept: EvaluationManifest, now: EvaluationManifest): string[] {
  const other = firstDifference(whatCounts(kept, kept), whatCounts(now, kept));
  if (other !== null)
    throw new InputError(
      "ERR_EVALUATION",
      `replay ${folder}: expected ${other.path} ${shown(other.first)}, got ${shown(other.second)}. Name the task and the model that were evaluated.`,
    );
  return Object.entries(MACHINE).flatMap(([name, of]) => {
    const [was, is] = [JSON.stringify(of(kept)) ?? "none", JSON.stringify(of(now))];
    return was === is ? [] : [`${name}: the folder has ${was}, now it is ${is}`];
  });
}

/** Task, checkpoint, arms and options, without runs: those options that the folder says, as version 1 has no defaults. */
function whatCounts(manifest: EvaluationManifest, kept: EvaluationManifest): object {
  const { vitrine: _, node: __, backend: ___, ...counts } = asVersion1(manifest);
  const { capture: ____, ...options } = counts.options;
  const said = Object.entries(options).filter(([name]) => name in kept.options);
  const { runs: _____, ...capture } = (manifest.options.capture ?? {}) as JsonObject;
  return { ...counts, options: { ...Object.fromEntries(said), capture } };
}

/** @throws InputError ERR_EVALUATION where the folder lacks one */
function compare(
  folder: string,
  recorded: ReadonlyMap<string, Finished>,
  finished: readonly Finished[],
): Omit<EvaluationReplay, "notes"> {
  for (const [compared, now] of finished.entries()) {
    const { sample, epoch, edits, thinking } = now.row;
    const was = recorded.get(workKey(now.row, sample, epoch));
    if (was === undefined)
      throw new InputError(
        "ERR_EVALUATION",
        `replay ${folder}: expected a finished evaluation, got none of sample ${JSON.stringify(sample)} (${armName(now.row)}, epoch ${epoch}). Evaluate it to its end.`,
      );
    const parts = partBetween(was, now);
    if (parts === null) continue;
    return { same: false, compared, difference: { sample, epoch, edits, thinking, ...parts } };
  }
  return { same: true, compared: finished.length, difference: null };
}

/** What the reply is comes before how it was judged, as it is why. */
const FIRST = ["prompt", "reasoning", "reply", "logprob"] as const;

function partBetween(
  was: Finished,
  now: Finished,
): Pick<EvaluationDifference, "field" | "recorded" | "replayed"> | null {
  const fields = new Set([...FIRST, ...(Object.keys(now.row) as (keyof Finished["row"])[])]);
  for (const field of fields) {
    const [recorded, replayed] = [was.row[field], now.row[field]];
    if (!isSame(recorded, replayed)) return { field, recorded, replayed };
  }
  for (const [table, columns] of Object.entries(now.captures))
    for (const [column, values] of Object.entries(columns)) {
      const before = was.captures[table]?.[column] ?? [];
      const row = Array.from({ length: Math.max(values.length, before.length) }).findIndex(
        (_, i) => !Object.is(before[i], values[i]),
      );
      if (row >= 0)
        return {
          field: `${table}.${column}[${row}]`,
          recorded: before[row] ?? null,
          replayed: values[row] ?? null,
        };
    }
  return null;
}

const isSame = (a: unknown, b: unknown): boolean =>
  Object.is(a, b) || JSON.stringify(toExactJson(a)) === JSON.stringify(toExactJson(b));
