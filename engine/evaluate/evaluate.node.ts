import { setMaxListeners } from "node:events";
import { hostCell } from "../base/hostCell.ts";
import { encodeTable } from "../record/table.node.ts";
import type { RemoteModel } from "../remote/remoteModel.ts";
import { isStoreAddress } from "../store/storeAddress.ts";
import { ownVersion } from "../weights/packageRoot.node.ts";
import type { Finished } from "./askModel.ts";
import type { EvaluatedModel } from "./evaluatedModel.ts";
import { wrongOption } from "./evaluateErrors.ts";
import type { EvaluateOptions } from "./evaluateOptions.ts";
import { Evaluation } from "./evaluation.ts";
import { examineeFiles } from "./examineeFiles.node.ts";
import { FolderJournal, readLogs, sha256 } from "./journal.node.ts";
import { type EvaluationManifest, evaluationManifest, mayDiffer } from "./manifest.ts";
import { openKeptRun } from "./openKeptRun.node.ts";
import { prepareTask } from "./preparedTask.ts";
import {
  aboutEvaluation,
  type Journal,
  type PlannedEvaluation,
  planEvaluation,
  runEvaluation,
} from "./runEvaluation.ts";
import { StoredFolder } from "./storedFolder.node.ts";
import type { SampleData, Task } from "./task.ts";
import { workKey } from "./workItems.ts";
import { writeResults } from "./writeResults.node.ts";

/** Runs are kept with a folder alone. */
const IN_MEMORY: Journal = {
  finished: new Map(),
  keep: async () => undefined,
  keepRun: async () => undefined,
};

/** Every reply of a batch listens to the signal; Node warns of more than ten listeners, as of a leak. */
function heardByMany(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  if (!(signal instanceof AbortSignal)) return {};
  const own = AbortSignal.any([signal]);
  setMaxListeners(0, own);
  return { signal: own };
}

/**
 * Asks a model every sample of a task and judges what it replies. The same task, options, weights and backend give the same result, bit for
 * bit, whatever the order, the batches, the shards and the interruptions. With `folder` finished samples are on the disk, group by
 * group, and in an object store where it is the address of one, and calling it again goes on from there. A model behind a server is asked the same way; what it replies is its own each time.
 * @throws InputError ERR_TASK, ERR_OPTION, ERR_EVALUATION where the folder has another evaluation, ERR_OUTPUT where it cannot be written,
 * ERR_REMOTE_CANNOT for what a server cannot do; as `hashModel` with a folder; as `model.chatAll`, `model.generateAll` and `model.runAll`, or
 * RemoteError; AbortedError ERR_ABORTED; what the task's functions throw
 */
export async function evaluate<Sample extends object = SampleData>(
  model: EvaluatedModel | RemoteModel,
  task: Task<Sample>,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const source = hostCell(); // another cell may run before this one's evaluation ends
  const prepared = prepareTask(task as unknown as Task);
  const heard = { ...options, ...heardByMany(options.signal) };
  const plan = planEvaluation(model, prepared, heard);
  const stored = await openStored(options, plan, heard.signal);
  try {
    const folder = stored?.folder ?? options.folder;
    const versions = { vitrine: ownVersion(), node: process.versions.node };
    const isRead = folder !== undefined;
    const heardReading = heardByMany(options.signal);
    const read = await examineeFiles(model, prepared, plan, isRead, heardReading);
    const kept =
      folder === undefined
        ? null
        : {
            folder,
            manifest: evaluationManifest({
              ...{ model, read, task: prepared, plan, options, versions, source, sha256 },
            }),
          };
    const journal =
      kept === null ? IN_MEMORY : await FolderJournal.open(kept.folder, kept.manifest);
    await stored?.begin();
    const own = await runEvaluation(
      model,
      prepared,
      plan,
      stored?.journal(journal) ?? journal,
      heard,
    );
    const finished = kept === null ? own : await settled(kept, own);
    const evaluation = new Evaluation({
      about: aboutEvaluation(model, prepared, plan, { read, versions }),
      finished,
      request: { ...plan.settings, metrics: prepared.metrics },
      encode: (name, { schema, rows }) => encodeTable(name, schema, rows),
      openRun:
        folder === undefined || plan.keptRuns === null ? null : openKeptRun([folder], plan.arms),
      folder: options.folder ?? null,
    });
    if (folder !== undefined) await writeResults(folder, evaluation);
    await stored?.finish();
    return evaluation;
  } finally {
    await stored?.abandon();
  }
}

/** What is in an object store where the folder is the address of one; null otherwise. @throws as `StoredFolder.open` */
async function openStored(
  { folder, scratch, storePatienceMs }: EvaluateOptions,
  { keptRuns }: PlannedEvaluation,
  signal: AbortSignal | undefined,
): Promise<StoredFolder | null> {
  if (folder === undefined || !isStoreAddress(folder)) return null;
  if (keptRuns !== null)
    throw wrongOption("evaluate capture.runs", {
      expected: "no records of runs with an object store, which holds tables and logs",
      got: folder,
      fix: "Evaluate into a folder, and copy it there afterwards.",
    });
  return StoredFolder.open(folder, { scratch, storePatienceMs, signal });
}

/** Replies of a server as everybody reads them: another process may have asked the same, and got another. */
async function settled(
  { folder, manifest }: { readonly folder: string; readonly manifest: EvaluationManifest },
  own: Finished[],
): Promise<Finished[]> {
  if (!mayDiffer(manifest)) return own;
  const all = await readLogs(folder, manifest);
  return own.map((it) => all.get(workKey(it.row, it.row.sample, it.row.epoch)) ?? it);
}
