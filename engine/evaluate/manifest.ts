import type { EditRequest } from "../act/edit.ts";
import { editJson } from "../act/editJson.ts";
import { InputError } from "../base/errors.ts";
import type { SourceCell } from "../base/hostCell.ts";
import type { JsonObject } from "../base/json.ts";
import { jsonList } from "../base/pieces.ts";
import type { ModelFile } from "../record/modelFile.ts";
import { type Arm, armName } from "./arms.ts";
import type { EvaluateOptions } from "./evaluateOptions.ts";
import { type Examinee, examineeRecord, isRemote } from "./examinee.ts";
import type { ExamineeFiles, PromptWriter } from "./examineeRead.ts";
import { manifestOptions, plainJson } from "./manifestOptions.ts";
import type { PreparedTask } from "./preparedTask.ts";
import { promptIds } from "./promptIds.ts";
import type { PlannedEvaluation } from "./runEvaluation.ts";

/** Everything that says what an evaluation's numbers are: two with the same manifest but for the shard are parts of one. */
export interface EvaluationManifest {
  readonly kind: "vitrine evaluation";
  /** Of the form: readers read this one and all before it. Version 1 lacks the fields that are optional here. */
  readonly version: 1 | 2;
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
    /** How many weights lay on the device in each form; null of a server. */
    readonly weight_dtypes?: Readonly<Record<string, number>> | null;
    /** Tokenizer, template and generation settings, as far as they are files; null of a server. */
    readonly files?: readonly ModelFile[] | null;
  };
  readonly prompt?: PromptWriter;
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
  /** Every option that a number may depend on, defaults written out. */
  readonly options: JsonObject;
  /** Null where the likeliest token is taken, none is generated, or a server draws. Each reply's seed is made of this one: see sampleSeed. */
  readonly sampler?: { readonly algorithm: "pcg32"; readonly seed: number } | null;
  /** Who began it asked so many at once, for the reader: bits do not depend on it. It tells no evaluation from another. */
  readonly batch?: { readonly at_once: number; readonly share_prefix: boolean };
  /** Why fields are null, by their paths. It tells no evaluation from another. */
  readonly unknown?: Readonly<Record<string, string>>;
  readonly shard: { readonly index: number; readonly of: number };
  /** The notebook's cell that began it; null elsewhere. It tells no evaluation from another. */
  readonly source: SourceCell | null;
}

interface Described {
  readonly model: Examinee;
  readonly read: ExamineeFiles;
  readonly task: PreparedTask;
  readonly plan: PlannedEvaluation;
  readonly options: EvaluateOptions;
  readonly versions: { readonly vitrine: string; readonly node: string };
  readonly source: SourceCell | null;
  readonly sha256: (pieces: Iterable<string>) => string;
}

/** Why a server's fields are null. */
const OF_SERVERS = {
  "task.ids": "the server makes token ids of the prompts, and does not show them",
  "model.weights": "a server does not show its weights",
  "model.hash": "a server does not show its checkpoint",
  "model.weight_dtypes": "a server does not show how its weights are quantised",
  "model.files": "a server does not show its tokenizer, template and generation settings",
  "prompt.encoder": "the server writes conversations as text",
  "prompt.template_sha256": "a server does not show its template",
  "backend.device": "a server does not show what it computes on",
  sampler: "the server draws tokens, with the seed that each request has",
};

/** Whether the same work may have come out otherwise for another process: what a server replies is its own each time. */
export const mayDiffer = ({ model }: EvaluationManifest): boolean => model.weights === null;

/** @throws InputError ERR_EDIT where edits take numbers from runs, which no file can say */
export function evaluationManifest(described: Described): EvaluationManifest {
  const { model, read, task, plan, options, versions, source, sha256 } = described;
  const { settings, arms, replies } = plan;
  const { weights, files, prompt } = read;
  const { name, hash, backend, arithmetic, device, driver } = examineeRecord(model);
  const isScored = task.scorer.kind === "reply";
  const written = manifestOptions(model, task, plan, options, prompt.template);
  const isDrawn = isScored && !isRemote(model) && Number(written.temperature) > 0;
  const { sharePrefix = true } = options;
  return {
    kind: "vitrine evaluation",
    version: 2,
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
    model: {
      ...{ name, weights, hash },
      weight_dtypes: isRemote(model) ? null : model.weightDtypes,
      files,
    },
    prompt,
    ...{ vitrine: versions.vitrine, node: versions.node },
    backend: { name: backend, arithmetic, device, driver },
    arms: arms.map(armJson),
    options: written,
    sampler: isDrawn ? { algorithm: "pcg32", seed: settings.seed } : null,
    batch: { at_once: settings.atOnce, share_prefix: sharePrefix },
    unknown: isRemote(model) ? OF_SERVERS : {},
    shard: { index: settings.shard, of: settings.shards },
    source,
  };
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

/** JSON has no text for bigints, which rows of Parquet may have. */
function withBigints(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function textOfFunctions(functions: object): JsonObject {
  return plainJson(functions);
}
