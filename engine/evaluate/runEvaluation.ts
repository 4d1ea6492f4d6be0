import { AbortedError } from "../base/errors.ts";
import { withHostSignal } from "../base/hostSignal.ts";
import { ambientProgressListener, type ProgressListener } from "../base/progress.ts";
import { type Arm, armName, armsOf } from "./arms.ts";
import { askModel, type Finished } from "./askModel.ts";
import { askServer } from "./askServer.ts";
import { type Capturing, capturing, checkCaptureBytes, NOTHING } from "./captures.ts";
import type { EvaluatedModel } from "./evaluatedModel.ts";
import { wrongOption } from "./evaluateErrors.ts";
import {
  type EvaluateOptions,
  type EvaluationSettings,
  evaluationSettings,
} from "./evaluateOptions.ts";
import type { EvaluationAbout } from "./evaluationAbout.ts";
import { type Examinee, examineeRecord, isRemote, refuseLocal, refuseRemote } from "./examinee.ts";
import type { ExamineeFiles } from "./examineeRead.ts";
import { checkRunBytes, type KeepRun, type KeptRuns, keptRuns, withRuns } from "./keepRuns.ts";
import type { PreparedTask } from "./preparedTask.ts";
import { promptIds } from "./promptIds.ts";
import { type ReplyOptions, replyOptions } from "./replyOptions.ts";
import { scoreChoices } from "./scoreChoices.ts";
import { type WorkItem, workGroups, workItems, workKey } from "./workItems.ts";

/** Where finished work is kept. */
export interface Journal {
  /** What was finished before, by its key. */
  readonly finished: ReadonlyMap<string, Finished>;
  /** Returns when the work is on the disk. */
  keep(finished: readonly Finished[]): Promise<void>;
  readonly keepRun: KeepRun;
}

/** An evaluation that was checked and can begin. */
export interface PlannedEvaluation {
  readonly settings: EvaluationSettings;
  readonly arms: readonly Arm[];
  readonly items: readonly WorkItem[];
  readonly replies: ReplyOptions;
  readonly capturing: Capturing;
  readonly keptRuns: KeptRuns | null;
}

/** Files that text becomes ids by. */
const TOKENIZERS = new Set(["tokenizer.json", "tokenizer.model", "spiece.model", "vocab.json"]);

/** Groups hold so many times as many samples as go through the model at once, so that places are refilled. */
const GROUP = 4;

/** @throws InputError ERR_OPTION, ERR_TASK, ERR_REMOTE_CANNOT */
export function planEvaluation(
  model: Examinee,
  task: PreparedTask,
  options: EvaluateOptions,
): PlannedEvaluation {
  const settings = evaluationSettings(options);
  if (isRemote(model)) refuseLocal(model, options, task);
  else refuseRemote(options);
  const replies = replyOptions(options, task);
  const arms = armsOf(options);
  const items = workItems(arms, task.samples, settings);
  const plan = {
    settings,
    arms,
    items,
    replies,
    capturing: isRemote(model) ? NOTHING : capturing(options.capture, model.record),
    keptRuns: keptRuns(
      options.capture ?? {},
      items,
      new Set(task.samples.map(({ id }) => id)),
      options.folder !== undefined,
    ),
  };
  if (options.capture !== undefined && !isRemote(model)) {
    checkBytes(model, plan, options.capture);
    checkRunBytes(model, plan);
  }
  return plan;
}

/**
 * Does what is not done yet, group by group, and keeps it.
 * @returns everything, in the order of the work
 * @throws as `askModel`, `askServer` and `scoreChoices`; AbortedError ERR_ABORTED
 */
export async function runEvaluation(
  model: Examinee,
  task: PreparedTask,
  plan: PlannedEvaluation,
  journal: Journal,
  {
    signal: given,
    onProgress = ambientProgressListener(),
  }: Pick<EvaluateOptions, "signal" | "onProgress">,
): Promise<Finished[]> {
  const { items, settings } = plan;
  const capturing = withRuns(plan.capturing, plan.keptRuns, journal.keepRun);
  const signal = withHostSignal(given);
  const done = new Map(journal.finished);
  const keyOf = ({ arm, sample, epoch }: WorkItem) => workKey(arm, sample.id, epoch);
  const left = items.filter((item) => !done.has(keyOf(item)));
  const total = items.length;
  const tell = (ended: number, arm: Arm) => report(onProgress, ended, total, arm);
  const [first] = items;
  if (first !== undefined) tell(total - left.length, first.arm);
  let before = total - left.length;
  for (const group of workGroups(left, GROUP * settings.atOnce)) {
    if (signal?.aborted) throw new AbortedError(undefined, { cause: signal.reason });
    const arm = (group[0] as WorkItem).arm;
    const onEnded = (count: number) => tell(before + count, arm);
    const finished = await work(
      model,
      task,
      { ...plan, capturing },
      { items: group, journal, onEnded },
    );
    group.forEach((item, i) => {
      done.set(keyOf(item), finished[i] as Finished);
    });
    before += group.length;
  }
  return items.map((item) => done.get(keyOf(item)) as Finished);
}

interface Group {
  readonly items: readonly WorkItem[];
  readonly journal: Journal;
  readonly onEnded: (count: number) => void;
}

/** Does a group's work and keeps it: where something fails in the middle, what was finished before. */
async function work(
  model: Examinee,
  { scorer }: PreparedTask,
  { settings: { seed, atOnce, patienceMs }, replies: options, capturing }: PlannedEvaluation,
  { items, journal, onEnded }: Group,
): Promise<Finished[]> {
  const asking = { items, options, onEnded };
  if (isRemote(model)) {
    if (scorer.kind === "choices") throw new Error("planEvaluation refuses choices of a server");
    const keep = (one: readonly Finished[]) => journal.keep(one);
    return askServer({ ...asking, model, scorer, seed, atOnce, patienceMs, keep });
  }
  const replies =
    scorer.kind === "choices"
      ? scoreChoices({ ...asking, model, scorer, capturing })
      : askModel({ ...asking, model, scorer, seed, capturing });
  const finished: Finished[] = [];
  try {
    for await (const one of replies) finished.push(one);
  } finally {
    if (finished.length > 0) await journal.keep(finished);
  }
  return finished;
}

function report(
  onProgress: ProgressListener | undefined,
  done: number,
  total: number,
  arm: Arm,
): void {
  onProgress?.({ stage: "evaluate", done, total, label: armName(arm) });
}

/** Every sequence as long as it may be. */
function checkBytes(
  model: EvaluatedModel,
  { items, replies }: PlannedEvaluation,
  capture: NonNullable<EvaluateOptions["capture"]>,
): void {
  const { record } = model;
  const { maxTokens = model.generationDefaults.maxTokens } = replies.together;
  const lengths = items.map(({ sample }) => {
    const longest = Math.max(...promptIds(model, sample, replies).map(({ length }) => length));
    return longest + (sample.choices === null ? maxTokens : 0);
  });
  checkCaptureBytes(
    capture,
    record,
    lengths.map((length) => Math.min(length, record.contextLength)),
    (site) => rowWidth(site, model.sites()),
  );
}

/** Numbers that a site has for each token. @throws InputError ERR_OPTION */
function rowWidth(name: string, sites: ReturnType<EvaluatedModel["sites"]>): number {
  const [tokens, ...axes] = sites.find((site) => site.name === name)?.shape ?? [];
  const sizes = axes.filter((size): size is number => typeof size === "number");
  if (tokens === "T" && sizes.length === axes.length)
    return sizes.reduce((product, size) => product * size, 1);
  throw wrongOption("evaluate capture sites", {
    expected: "names of model.sites() that have one row for each token",
    got: name,
    fix: 'Write "blocks.3.hook_resid_post", say.',
  });
}

/** What results say of where they are from. @param read the examinee's bytes, as far as they are known */
export function aboutEvaluation(
  model: Examinee,
  task: PreparedTask,
  { settings: { seed, epochs } }: PlannedEvaluation,
  { read, versions }: Pick<EvaluationAbout, "versions"> & { readonly read: ExamineeFiles },
): EvaluationAbout {
  const { name, hash, backend, arithmetic, device, driver } = examineeRecord(model);
  return {
    ...{ task: task.name, model: name, modelHash: hash, weights: read.weights },
    ...readAbout(read),
    ...{ backend, arithmetic, device, driver, versions, seed, epochs },
  };
}

/** The tokenizer's file and the template's hash. */
export function readAbout({
  files,
  prompt,
}: Pick<ExamineeFiles, "files" | "prompt">): Required<
  Pick<EvaluationAbout, "tokenizer" | "template">
> {
  const tokenizer = files?.find(({ name }) => TOKENIZERS.has(name)) ?? null;
  return { tokenizer, template: prompt.template_sha256 };
}
