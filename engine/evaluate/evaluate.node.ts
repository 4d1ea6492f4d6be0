import { setMaxListeners } from "node:events";
import { encodeTable } from "../record/table.node.ts";
import { hashModel } from "../weights/hashModel.node.ts";
import type { EvaluatedModel } from "./evaluatedModel.ts";
import type { EvaluateOptions } from "./evaluateOptions.ts";
import { Evaluation } from "./evaluation.ts";
import { FolderJournal, sha256 } from "./journal.node.ts";
import { evaluationManifest } from "./manifest.ts";
import { openKeptRun } from "./openKeptRun.node.ts";
import { prepareTask } from "./preparedTask.ts";
import { aboutEvaluation, type Journal, planEvaluation, runEvaluation } from "./runEvaluation.ts";
import type { SampleData, Task } from "./task.ts";
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
 * bit, whatever the order, the batches, the shards and the interruptions. With `folder` finished samples are on the disk as they come,
 * and calling it again goes on from there.
 * @throws InputError ERR_TASK, ERR_OPTION, ERR_EVALUATION where the folder has another evaluation; as `hashModel` with a folder; as `model.chatAll`, `model.generateAll`
 * and `model.runAll`; AbortedError ERR_ABORTED; what the task's functions throw
 */
export async function evaluate<Sample extends object = SampleData>(
  model: EvaluatedModel,
  task: Task<Sample>,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const prepared = prepareTask(task as unknown as Task);
  const heard = { ...options, ...heardByMany(options.signal) };
  const plan = planEvaluation(model, prepared, heard);
  const { folder } = options;
  const weights =
    folder === undefined ? null : await hashModel(model.location, heardByMany(options.signal));
  const journal =
    folder === undefined || weights === null
      ? IN_MEMORY
      : await FolderJournal.open(
          folder,
          evaluationManifest({
            ...{ model, weights, task: prepared, plan, options, sha256 },
          }),
        );
  const finished = await runEvaluation(model, prepared, plan, journal, heard);
  const evaluation = new Evaluation({
    about: aboutEvaluation(model, prepared, plan, weights),
    finished,
    request: { ...plan.settings, metrics: prepared.metrics },
    encode: (name, { schema, rows }) => encodeTable(name, schema, rows),
    openRun:
      folder === undefined || plan.keptRuns === null ? null : openKeptRun([folder], plan.arms),
  });
  if (folder !== undefined) await writeResults(folder, evaluation);
  return evaluation;
}
