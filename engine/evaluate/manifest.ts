import type { EditRequest } from "../act/edit.ts";
import { editJson } from "../act/editJson.ts";
import { InputError } from "../base/errors.ts";
import type { SourceCell } from "../base/hostCell.ts";
import type { JsonObject } from "../base/json.ts";
import { jsonList } from "../base/pieces.ts";
import { toExactJson } from "../record/exactJson.ts";
import { type Arm, armName } from "./arms.ts";
import { shown } from "./evaluateErrors.ts";
import type { EvaluateOptions } from "./evaluateOptions.ts";
import { type Examinee, examineeRecord, isRemote } from "./examinee.ts";
import type { PreparedTask } from "./preparedTask.ts";
import { promptIds } from "./promptIds.ts";
import type { PlannedEvaluation } from "./runEvaluation.ts";

/** Everything that says what an evaluation's numbers are: two with the same manifest but for the shard are parts of one. */
export interface EvaluationManifest {
  readonly kind: "vitrine evaluation";
  readonly version: 1;
  readonly task: {
    readonly name: string;
    readonly samples: number;
    /** sha256 over ids, targets, prompts, messages and choices as the task's functions made them, with the samples that scorers may read. */
    readonly content: string;
    /** sha256 over the token ids that the model's template and tokenizer make of the prompts, before thinking is asked for; null of a server. */
    readonly ids: string | null;
    readonly scorer: string;
    /** Names to the text of the functions. */
    readonly metrics: Readonly<Record<string, string>>;
  };
  readonly model: {
    readonly name: string;
    /** sha256 of config.json and all bytes of the weights: see hashModel. Null of a server, which does not show them. */
    readonly weights: string | null;
    readonly hash: string | null;
  };
  /** Versions of vitrine and Node: others may compute other bits, as of Math, and scorers may read letters otherwise. */
  readonly vitrine: string;
  readonly node: string;
  /** Adapter and driver of webgpu; null elsewhere. */
  readonly backend: {
    readonly name: string;
    readonly arithmetic: string;
    readonly device: string | null;
    readonly driver: string | null;
  };
  readonly arms: readonly JsonObject[];
  readonly options: JsonObject;
  readonly shard: { readonly index: number; readonly of: number };
  /** The notebook's cell that began it; null elsewhere. It tells no evaluation from another. */
  readonly source: SourceCell | null;
}

interface Described {
  readonly model: Examinee;
  /** Null of a server. */
  readonly weights: string | null;
  readonly task: PreparedTask;
  readonly plan: PlannedEvaluation;
  readonly options: EvaluateOptions;
  readonly versions: { readonly vitrine: string; readonly node: string };
  readonly source: SourceCell | null;
  readonly sha256: (pieces: Iterable<string>) => string;
}

/** Options that change no number: how fast it is, whether it goes on, and where it is kept. */
const WITHOUT_EFFECT = new Set([
  ...["atOnce", "sharePrefix", "signal", "onProgress", "folder"],
  ...["shards", "shard", "edits", "thinking", "patienceMs"],
  ...["scratch", "storePatienceMs"],
]);

/** Whether the same work may have come out otherwise for another process: what a server replies is its own each time. */
export const mayDiffer = ({ model }: EvaluationManifest): boolean => model.weights === null;

/** @throws InputError ERR_EDIT where edits take numbers from runs, which no file can say */
export function evaluationManifest(described: Described): EvaluationManifest {
  const { model, weights, task, plan, options, versions, source, sha256 } = described;
  const { settings, arms, replies } = plan;
  const { name, hash, backend, arithmetic, device, driver } = examineeRecord(model);
  const isScored = task.scorer.kind === "reply";
  const given = Object.entries(options).filter(([option]) => !WITHOUT_EFFECT.has(option));
  const { seed, epochs, passAt, resamples, shards, shard } = settings;
  const together = Object.entries(replies.together).filter(
    ([option]) => !WITHOUT_EFFECT.has(option),
  );
  return {
    kind: "vitrine evaluation",
    version: 1,
    task: {
      name: task.name,
      samples: task.samples.length,
      content: sha256(
        jsonList(task.samples, ({ id, target, input, choices, data }) =>
          JSON.stringify(
            { ...{ id, target, input, choices }, ...(isScored && { data }) },
            withBigints,
          ),
        ),
      ),
      ids: isRemote(model)
        ? null
        : sha256(
            jsonList(task.samples, (sample) => JSON.stringify(promptIds(model, sample, replies))),
          ),
      scorer: task.scorer.name,
      metrics: textOfFunctions(task.metrics) as Record<string, string>,
    },
    model: { name, weights, hash },
    ...{ vitrine: versions.vitrine, node: versions.node },
    backend: { name: backend, arithmetic, device, driver },
    arms: arms.map(armJson),
    options: plainJson({
      ...(task.scorer.kind === "reply" && !isRemote(model) && model.generationDefaults),
      ...Object.fromEntries([...together, ...given]),
      ...{ seed, epochs, passAt, resamples },
    }),
    shard: { index: shard, of: shards },
    source,
  };
}

/**
 * @param place the folder, for the message
 * @throws InputError ERR_EVALUATION that names the first field in which they differ
 */
export function assertSameEvaluation(
  place: string,
  kept: EvaluationManifest,
  asked: EvaluationManifest,
): void {
  const difference = differenceBetween(kept, asked);
  if (difference !== null) throw otherEvaluation(place, difference);
}

/** @param who worked on the one that is there, as a sentence */
export function otherEvaluation(
  place: string,
  { path, first, second }: Difference,
  who = "",
): InputError {
  const fix = "Evaluate into another folder, or ask for the same.";
  return new InputError(
    "ERR_EVALUATION",
    `${place}: expected the evaluation that was begun there, with ${path} ${shown(first)}, got ${shown(second)}. ${who === "" ? fix : `${fix} ${who}`}`,
  );
}

interface Difference {
  readonly path: string;
  readonly first: unknown;
  readonly second: unknown;
}

/** The first field in which they differ; null where they are of one evaluation, whatever cell began it. */
export function differenceBetween(
  { source: _, ...kept }: EvaluationManifest,
  { source: __, ...asked }: EvaluationManifest,
): Difference | null {
  return firstDifference(kept, asked, "");
}

function firstDifference(first: unknown, second: unknown, path: string): Difference | null {
  const isTree = (value: unknown) => typeof value === "object" && value !== null;
  if (!isTree(first) || !isTree(second))
    return Object.is(first, second) ? null : { path: path.slice(1), first, second };
  const [some, others] = [first as JsonObject, second as JsonObject];
  for (const name of new Set([...Object.keys(some), ...Object.keys(others)])) {
    const found = firstDifference(some[name], others[name], `${path}.${name}`);
    if (found !== null) return found;
  }
  return null;
}

function armJson(arm: Arm): JsonObject {
  const { edits, thinking, editList, thinkingRule } = arm;
  return {
    edits,
    thinking,
    editList: editList.map((edit) => editOf(edit, armName(arm))),
    thinkingRule: plainJson({ thinkingRule }).thinkingRule ?? null,
  };
}

function editOf(edit: EditRequest, arm: string): unknown {
  const { kind } = edit;
  if (kind !== "patchFromRun" && kind !== "meanOverRuns" && kind !== "steerOverRuns")
    return plainJson(editJson(edit));
  throw new InputError(
    "ERR_EDIT",
    `evaluate ${arm}: expected edits that are data, as a folder is to say what was evaluated, got ${kind}. Read the numbers from the run yourself, and write replace(site, numbers).`,
  );
}

/** As JSON has it, functions as their text. */
function plainJson(value: object): JsonObject {
  const text = (_: string, it: unknown) => (typeof it === "function" ? String(it) : it);
  return JSON.parse(JSON.stringify(toExactJson(value), text));
}

/** JSON has no text for bigints, which rows of Parquet may have. */
function withBigints(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function textOfFunctions(functions: object): JsonObject {
  return plainJson(functions);
}
