import { cannot } from "../remote/receipt.ts";
import { RemoteModel } from "../remote/remoteModel.ts";
import { armsOf } from "./arms.ts";
import type { EvaluatedModel } from "./evaluatedModel.ts";
import { wrongOption } from "./evaluateErrors.ts";
import type { EvaluateOptions } from "./evaluateOptions.ts";
import type { PreparedTask } from "./preparedTask.ts";

/** Who is asked: a model that runs here, or one behind a server. */
export type Examinee = EvaluatedModel | RemoteModel;

/** What results say of who was asked. */
export interface ExamineeRecord {
  readonly name: string;
  /** Names the checkpoint; null of a model behind a server, which does not show it. */
  readonly hash: string | null;
  readonly backend: string;
  readonly arithmetic: string;
  /** Adapter and driver of webgpu, on which numbers depend; null of the others, whose numbers no machine changes, and of a server. */
  readonly device: string | null;
  readonly driver: string | null;
}

export function isRemote(model: Examinee): model is RemoteModel {
  return model instanceof RemoteModel;
}

export function examineeRecord(model: Examinee): ExamineeRecord {
  if (isRemote(model))
    return {
      ...{ name: model.model, hash: null, backend: `server ${model.baseUrl}` },
      ...{ arithmetic: "unknown", device: null, driver: null },
    };
  const { name, record, backend } = model;
  const { device, driver } = backend.name === "webgpu" ? backend : { device: null, driver: null };
  return {
    ...{ name, hash: record.hash, backend: backend.name, arithmetic: backend.arithmetic },
    ...{ device, driver },
  };
}

/** Options that only a model that runs here has. */
const LOCAL = ["capture", "edits", "template", "variables", "sharePrefix"] as const;

/**
 * Refuses what a server cannot show or do; what it may refuse itself is sent to it.
 * @throws InputError ERR_REMOTE_CANNOT
 */
export function refuseLocal(
  model: RemoteModel,
  options: EvaluateOptions,
  { scorer }: PreparedTask,
): void {
  for (const name of LOCAL) if (options[name] !== undefined) cannot(`evaluate ${name}`, model);
  if (scorer.kind === "choices") cannot("evaluate a task of choices", model);
  for (const { thinkingRule, thinking } of armsOf(options))
    if (typeof thinkingRule === "object" && Object.keys(thinkingRule).length > 0)
      cannot(`evaluate thinking ${thinking ?? "with a rule"}`, model);
}

/** Refuses what only a server needs. @throws InputError ERR_OPTION */
export function refuseRemote({ patienceMs }: EvaluateOptions): void {
  if (patienceMs === undefined) return;
  throw wrongOption("evaluate patienceMs", {
    expected: "none, as the model runs here and is never away",
    got: patienceMs,
    fix: "Leave it out.",
  });
}
