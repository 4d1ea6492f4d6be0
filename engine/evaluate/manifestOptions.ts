import type { JsonObject } from "../base/json.ts";
import { CHUNK_SIZE } from "../execute/runOptions.ts";
import { toExactJson } from "../record/exactJson.ts";
import type { EvaluateOptions } from "./evaluateOptions.ts";
import { type Examinee, isRemote } from "./examinee.ts";
import type { PreparedTask } from "./preparedTask.ts";
import type { PlannedEvaluation } from "./runEvaluation.ts";

/** Options that change no number: how fast it is, whether it goes on, and where it is kept. */
const WITHOUT_EFFECT = new Set([
  ...["atOnce", "sharePrefix", "signal", "onProgress", "folder"],
  ...["shards", "shard", "edits", "thinking", "patienceMs"],
  ...["scratch", "storePatienceMs"],
]);

/** What a model that runs here does where neither the caller nor the task says anything, beside its generation's defaults. */
const OF_REPLIES = { ignoreEos: false, topLogprobs: 0, speculate: "off", draftTokens: 1 };

/**
 * Every option that a number may depend on, defaults written out; functions as their text. What is left out is given to the template as
 * nothing (tools, variables), or is a server's own choice.
 * @param template what a chat is written with; null where no template writes
 */
export function manifestOptions(
  model: Examinee,
  { scorer }: PreparedTask,
  { settings, replies }: Pick<PlannedEvaluation, "settings" | "replies">,
  options: EvaluateOptions,
  template: string | null,
): JsonObject {
  const { seed, epochs, passAt, resamples } = settings;
  return plainJson({
    ...(!isRemote(model) && {
      ...(scorer.kind === "reply" && { ...model.generationDefaults, ...OF_REPLIES }),
      ...(template !== null && { template }),
      ...{ chunkSize: CHUNK_SIZE, capture: {} },
    }),
    ...withEffect(replies.together),
    ...withEffect(options),
    ...{ seed, epochs, passAt, resamples },
  });
}

function withEffect(options: object): JsonObject {
  return Object.fromEntries(
    Object.entries(options).filter(
      ([option, value]) => value !== undefined && !WITHOUT_EFFECT.has(option),
    ),
  );
}

/** As JSON has it, functions as their text. */
export function plainJson(value: object): JsonObject {
  const text = (_: string, it: unknown) => (typeof it === "function" ? String(it) : it);
  return JSON.parse(JSON.stringify(toExactJson(value), text));
}
